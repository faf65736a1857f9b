package dev.cortex.chaos.sync;

import java.io.IOException;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a desktop tells about its sync in its metrics. */
final class Told {

  private Told() {}

  /** Every count of it that is not zero, in one line. */
  static String by(Desk desk) throws IOException, InterruptedException {
    return desk.name() + ": "
        + desk.metrics().lines()
            .filter(line -> line.startsWith("cortex_sync_") && line.contains("_total"))
            .filter(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)) != 0)
            .map(Told::shortened)
            .collect(Collectors.joining(", "));
  }

  private static String shortened(String line) {
    int space = line.lastIndexOf(' ');
    double value = Double.parseDouble(line.substring(space + 1));
    String name = line.substring(0, space).replace("cortex_sync_", "").replace("_total", "");
    String number = value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.1f", value);
    return name + ' ' + number;
  }
}
