package dev.cortex.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeReader;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.event.FrameReader;
import dev.cortex.event.Parsed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What an event costs to read and to write. The token walk of a general parser over the same text, which checks less
 * and keeps nothing, stands beside it for scale.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class CodecBench {

  private static final String EVENT =
      "{\"id\":\"018f4f7e-7c1a-7cc2-9d2a-0123456789ab\",\"orgId\":\"acme\",\"userId\":\"user-1\","
          + "\"type\":\"agent.step\",\"payload\":{\"tool\":\"search\",\"ok\":true,\"n\":17,"
          + "\"text\":\"some words of a model\"},"
          + "\"timestamp\":1764000000000}";

  private final EnvelopeReader reader = new EnvelopeReader(65_536);

  private final FrameReader frames = new FrameReader();
  private final JsonFactory general =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private final byte[] event = EVENT.getBytes(StandardCharsets.UTF_8);
  private final byte[] batch =
      ("[" + String.join(",", Collections.nCopies(100, EVENT)) + "]").getBytes(StandardCharsets.UTF_8);
  private final byte[] large =
      ("{\"type\":\"a\",\"payload\":{\"s\":\"" + "plain words ".repeat(5_000) + "\"}}")
          .getBytes(StandardCharsets.UTF_8);
  private final byte[] frame =
      ("{\"op\":\"publish\",\"rid\":1,\"event\":" + EVENT + "}").getBytes(StandardCharsets.UTF_8);
  private final Draft draft = ((Parsed.Valid) reader.readEvent(event)).draft();

  /** Reads one event of 200 bytes. */
  @Benchmark
  public Object readEvent() {
    return reader.readEvent(event);
  }

  /** Walks the tokens of the same event with a general parser. */
  @Benchmark
  public Object walkEventWithGeneralParser() throws IOException {
    try (JsonParser parser = general.createParser(event)) {
      Object last = parser;
      while (parser.nextToken() != null) {
        last = parser.currentToken();
      }
      return last;
    }
  }

  /** Reads an array of 100 such events. */
  @Benchmark
  public Object readBatchOf100() {
    return reader.readBody(batch, 500);
  }

  /** Reads one event with a payload of 60 KB. */
  @Benchmark
  public Object readLargeEvent() {
    return reader.readEvent(large);
  }

  /** Reads a publish frame that holds the event. */
  @Benchmark
  public Object readPublishFrame() {
    return frames.read(frame);
  }

  /** Writes the event. */
  @Benchmark
  public Object writeEvent() {
    return EnvelopeWriter.write(draft, "a123456789abc", 123_456, 0, 1_764_000_000_123L);
  }

  /** Runs the benchmarks of this class. */
  public static void main(String[] args) throws RunnerException {
    new Runner(new OptionsBuilder().include(CodecBench.class.getSimpleName()).build()).run();
  }
}
