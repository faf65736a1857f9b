package dev.cortex.bus.wire;

import dev.cortex.event.ErrorCode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Values of any record made of the types messages are made of, from chance alone: whatever a component can hold,
 * whether it makes sense or not. The first constant of an enumeration in sample n is its n-th, the next ones follow, so
 * that a few samples hold them all.
 */
public final class Samples {

  private static final String[] TEXTS = {"", "acme", "a.b~c-D_9", "grün", "日本語", "😀", "x".repeat(130)};

  private static final List<ErrorCode> ERRORS =
      List.of(ErrorCode.MOVED, ErrorCode.SEQUENCE_CONFLICT, ErrorCode.STORAGE_FULL, ErrorCode.TIMEOUT);

  private final Random chance;
  private final int number;
  private int drawn;

  private Samples(long seed, int number) {
    this.chance = new Random(seed);
    this.number = number;
  }

  /** A value of that record type; the same for the same arguments. */
  public static <T> T of(Class<T> type, long seed, int number) {
    // seeds that are neighbours would begin alike
    return type.cast(new Samples((seed + number * 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L, number).value(type));
  }

  private Object value(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == List.class) {
        return list(arguments[0]);
      } else if (generic.getRawType() == Set.class) {
        return new LinkedHashSet<>(list(arguments[0]));
      } else if (generic.getRawType() == Optional.class) {
        return chance.nextBoolean() ? Optional.of(value(arguments[0])) : Optional.empty();
      } else if (generic.getRawType() == Map.class) {
        Map<Object, Object> map = new LinkedHashMap<>();
        list(arguments[0]).forEach(key -> map.put(key, value(arguments[1])));
        return map;
      }
    } else if (type == String.class) {
      return TEXTS[chance.nextInt(TEXTS.length)];
    } else if (type == long.class || type == Long.class) {
      return whole();
    } else if (type == int.class || type == Integer.class) {
      return (int) whole();
    } else if (type == boolean.class) {
      return chance.nextBoolean();
    } else if (type == byte[].class) {
      byte[] bytes = new byte[chance.nextInt(40)];
      chance.nextBytes(bytes);
      return bytes;
    } else if (type instanceof Class<?> plain) {
      return ofClass(plain);
    }
    throw new AssertionError("no sample of " + type + ": teach it here");
  }

  private Object ofClass(Class<?> type) {
    if (type == ErrorCode.class) {
      // by name, as they travel: the table grows without being another format
      return ERRORS.get((number + drawn++) % ERRORS.size());
    } else if (type.isEnum()) {
      Object[] constants = type.getEnumConstants();
      return constants[(number + drawn++) % constants.length];
    } else if (type.isSealed()) {
      // by name: their order in the class file is the compiler's affair
      Class<?>[] kinds = type.getPermittedSubclasses();
      Arrays.sort(kinds, Comparator.comparing(Class::getName));
      return ofClass(kinds[number % kinds.length]);
    } else if (type.isRecord()) {
      return record(type);
    }
    throw new AssertionError("no sample of " + type + ": teach it here");
  }

  private Object record(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = value(components[i].getGenericType());
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (NoSuchMethodException | InstantiationException | IllegalAccessException | InvocationTargetException e) {
      throw new AssertionError("a record without its canonical constructor: " + type, e);
    }
  }

  private List<Object> list(Type item) {
    List<Object> items = new ArrayList<>();
    for (int i = chance.nextInt(4); i > 0; i--) {
      items.add(value(item));
    }
    return items;
  }

  /** Every length of number is as likely as the others. */
  private long whole() {
    long bits = chance.nextLong() >>> chance.nextInt(Long.SIZE);
    return chance.nextInt(4) == 0 ? -bits : bits;
  }
}
