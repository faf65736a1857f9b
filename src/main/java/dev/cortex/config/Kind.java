package dev.cortex.config;

import dev.cortex.base.Pure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The type and range of a configuration value: reads its text, or refuses it and can say what is allowed. */
@Pure
sealed interface Kind {

  /** The value of that text: Long, Double, Boolean, String or a list of String; empty when it is not allowed. */
  Optional<Object> parse(String text);

  /** What is allowed, as the end of the sentence "allowed: …". */
  String allowed();

  /** A whole number from min to max. */
  record Whole(long min, long max) implements Kind {
    @Override
    public Optional<Object> parse(String text) {
      try {
        long value = Long.parseLong(text);
        return value >= min && value <= max ? Optional.of(value) : Optional.empty();
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }

    @Override
    public String allowed() {
      return "a whole number from " + min + " to " + max;
    }
  }

  /** A number above or at min, and up to max. */
  record Decimal(double min, boolean minAllowed, double max) implements Kind {
    @Override
    public Optional<Object> parse(String text) {
      try {
        double value = Double.parseDouble(text);
        boolean plain = !text.isEmpty() && "dDfF".indexOf(text.charAt(text.length() - 1)) < 0;
        return plain && value <= max && (minAllowed ? value >= min : value > min)
            ? Optional.of(value)
            : Optional.empty();
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }

    @Override
    public String allowed() {
      return "a number " + (minAllowed ? "from " : "above ") + min + " up to " + max;
    }
  }

  /** True or false. */
  record Flag() implements Kind {
    @Override
    public Optional<Object> parse(String text) {
      return switch (text) {
        case "true" -> Optional.of(true);
        case "false" -> Optional.of(false);
        default -> Optional.empty();
      };
    }

    @Override
    public String allowed() {
      return "true or false";
    }
  }

  /** One word of a closed list. */
  record Word(List<String> words) implements Kind {
    @Override
    public Optional<Object> parse(String text) {
      return words.contains(text) ? Optional.of(text) : Optional.empty();
    }

    @Override
    public String allowed() {
      return "one of " + String.join(", ", words);
    }
  }

  /** Text that passes a test. */
  record Text(String allowed, Predicate<String> test) implements Kind {
    @Override
    public Optional<Object> parse(String text) {
      return test.test(text) ? Optional.of(text) : Optional.empty();
    }
  }

  /** A list whose items pass a test; as one text they are separated by commas, and no text means no items. */
  record TextList(String allowed, Predicate<String> test) implements Kind {
    @Override
    public Optional<Object> parse(String text) {
      List<String> items = new ArrayList<>();
      for (String item : text.isBlank() ? new String[0] : text.split(",", -1)) {
        items.add(item.strip());
      }
      return parseItems(items);
    }

    /** The list of these items; empty when one of them is not allowed. */
    Optional<Object> parseItems(List<String> items) {
      return items.stream().allMatch(test) ? Optional.of(List.copyOf(items)) : Optional.empty();
    }
  }
}
