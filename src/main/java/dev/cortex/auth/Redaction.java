package dev.cortex.auth;

import dev.cortex.base.Pure;
import java.util.regex.Pattern;

/**
 * Masks tokens in text that people or logs will see: values named {@code token} in queries, headers and JSON, however
 * the name is escaped, what follows {@code Bearer}, whole {@code Authorization} and {@code Sec-WebSocket-Protocol}
 * headers, and whatever has the shape of a signed token wherever it stands.
 */
@Pure
public final class Redaction {

  /** What stands in place of a token. */
  public static final String MASK = "********";

  private Redaction() {}

  /** The text with every token in it masked; text without one comes back as it is. */
  public static String redacted(String text) {
    if (!mayHoldOne(text)) {
      return text;
    }
    String named = Shapes.NAMED.matcher(text).replaceAll("$1" + MASK);
    String bearer = Shapes.BEARER.matcher(named).replaceAll("$1" + MASK);
    String headers = Shapes.HEADER.matcher(bearer).replaceAll("$1" + MASK);
    return Shapes.SIGNED.matcher(headers).replaceAll(MASK);
  }

  /** A cheap look first: nearly every line holds none, and regular expressions cost at start. */
  private static boolean mayHoldOne(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean first =
          switch (c) {
            case 't', 'T' -> follows(text, i, "oken");
            case 'b', 'B' -> follows(text, i, "earer");
            case 'a', 'A' -> follows(text, i, "uthorization");
            case 's', 'S' -> follows(text, i, "ec-websocket-protocol");
            case 'e' -> text.startsWith("eyJ", i);
            case '%' -> true;
            default -> false;
          };
      if (first) {
        return true;
      }
    }
    return false;
  }

  private static boolean follows(String text, int at, String rest) {
    return text.regionMatches(true, at + 1, rest, 0, rest.length());
  }

  /** Compiled when first needed: a process that logs no token never does. */
  private static final class Shapes {

    private static final String LETTERS_TOKEN =
        "(?:t|%[57]4)(?:o|%[46]f)(?:k|%[46]b)(?:e|%[46]5)(?:n|%[46]e)";

    /** The name, a sign between, and everything up to what may end a value. */
    private static final Pattern NAMED =
        Pattern.compile("(?i)(" + LETTERS_TOKEN + "[\"']?\\s*(?:[=:]|%3d)\\s*[\"']?)[^\\s\"'&;#,}\\]]+");

    private static final Pattern HEADER =
        Pattern.compile("(?i)((?:authorization|sec-websocket-protocol)[\"']?\\s*[=:]\\s*)[^\\r\\n;}\\]]+");

    private static final Pattern BEARER = Pattern.compile("(?i)(bearer(?:\\s|%20|\\+)+)[^\\s\"'&;,]+");

    /** Parts of base64url text, the first of them a JSON object; bounded, so that no text takes long. */
    private static final Pattern SIGNED =
        Pattern.compile("eyJ[A-Za-z0-9_-]{4,1000}+\\.[A-Za-z0-9_-]+\\.?[A-Za-z0-9_-]*");

    private Shapes() {}
  }
}
