package dev.cortex.auth;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.cortex.base.Pure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads small JSON objects of strangers. Refused are duplicate members at any depth, comments, trailing data, invalid
 * UTF-8, lone surrogates and deep nesting: two readers of one token must never see two tokens.
 */
@Pure
public final class StrictJson {

  private static final int NESTING_MAX = 16;
  private static final int NUMBER_CHARS_MAX = 32;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(NESTING_MAX).maxNumberLength(NUMBER_CHARS_MAX).build())
          .build();

  private StrictJson() {}

  /**
   * The members of an object: String, Double, Boolean, List and Map values, and null where the text says null.
   *
   * @throws IOException when the text is anything but one such object
   */
  public static Map<String, Object> object(byte[] text) throws IOException {
    String decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    try (JsonParser parser = FACTORY.createParser(decoded)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("no object");
      }
      Map<String, Object> members = members(parser);
      if (parser.nextToken() != null) {
        throw new IOException("more after the object");
      }
      return members;
    } catch (JsonProcessingException e) {
      throw new IOException("not strict JSON: " + e.getOriginalMessage());
    }
  }

  private static Map<String, Object> members(JsonParser parser) throws IOException {
    Map<String, Object> members = new LinkedHashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      members.put(paired(name), value(parser));
    }
    return members;
  }

  private static List<Object> items(JsonParser parser) throws IOException {
    List<Object> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(value(parser));
    }
    return items;
  }

  private static Object value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> members(parser);
      case START_ARRAY -> items(parser);
      case VALUE_STRING -> paired(parser.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Double.valueOf(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new IOException("no value");
    };
  }

  /** The text, when every surrogate in it has its other half. */
  private static String paired(String text) throws IOException {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new IOException("a lone surrogate");
    }
    return text;
  }
}
