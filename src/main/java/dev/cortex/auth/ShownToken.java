package dev.cortex.auth;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Finds the one token of a request: in the Authorization header, or in the query where that is allowed. */
@Pure
public final class ShownToken {

  /** The longest token that is looked at, in characters. */
  public static final int CHARS_MAX = 8_192;

  private static final String SCHEME = "Bearer ";

  private ShownToken() {}

  /** The token to check, or the refusal of a request that shows none, several, or one where it does not belong. */
  static GuardDecision of(GuardedRequest request, Set<String> queryPaths) {
    List<String> inQuery = queryTokens(request.target());
    int shown = request.authorizations().size() + inQuery.size();
    if (shown == 0) {
      boolean query = queryPaths.contains(request.path());
      return refused("This needs a token: Authorization: Bearer" + (query ? ", or ?token=" : ""));
    }
    if (shown > 1) {
      return refused("A request may show one token, not " + shown);
    }
    if (inQuery.size() == 1) {
      return queryPaths.contains(request.path())
          ? checked(inQuery.get(0), false)
          : refused("A token in the query is not accepted here; send it as Authorization: Bearer");
    }
    String header = request.authorizations().get(0);
    return header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? checked(header.substring(SCHEME.length()).strip(), true)
        : refused("The Authorization header must be Bearer and a token");
  }

  private static GuardDecision checked(String token, boolean byHeader) {
    boolean plain = !token.isEmpty() && token.length() <= CHARS_MAX && token.chars().allMatch(ShownToken::isPlain);
    return plain ? new GuardDecision.Ask(token, byHeader) : refused("The token is empty, too long or malformed");
  }

  /** Every value named {@code token}, however the name is escaped; a value that cannot be read counts as empty. */
  private static List<String> queryTokens(String target) {
    List<String> found = new ArrayList<>(1);
    int question = target.indexOf('?');
    String query = question < 0 ? "" : target.substring(question + 1);
    // some readers of queries take a semicolon for a separator: what any of them takes for a token is one
    for (String parameter : query.split("[&;]")) {
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      if (decoded(name).equals("token")) {
        found.add(equals < 0 ? "" : decoded(parameter.substring(equals + 1)));
      }
    }
    return found;
  }

  private static String decoded(String value) {
    try {
      return URLDecoder.decode(value, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return "";
    }
  }

  /** The characters of a bearer token (RFC 6750). */
  private static boolean isPlain(int c) {
    boolean alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alphanumeric || "-._~+/=".indexOf(c) >= 0;
  }

  private static GuardDecision refused(String message) {
    return GuardDecision.refused(ErrorCode.UNAUTHORIZED, message);
  }
}
