package dev.cortex.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TailCursorsTest {

  @Test
  void firstConnectionAsksForWhatTheUserSaid() {
    TailCursors cursors = new TailCursors(List.of("acme:planner"), List.of(), List.of("1764000000000"));
    assertThat(cursors.path()).isEqualTo("/ws?channel=acme%3Aplanner&since=1764000000000");
    assertThat(new TailCursors(List.of(), List.of(), List.of()).path()).isEqualTo("/ws");
    assertThat(new TailCursors(List.of(), List.of("a", "b"), List.of()).path()).isEqualTo("/ws?org=a&org=b");
  }

  @Test
  void nextConnectionGoesOnAfterTheLastEventOfEachOrg() {
    TailCursors cursors = new TailCursors(List.of(), List.of(), List.of("aaaaaaaaaaaaa.1"));
    cursors.isNew(event("acme", "aaaaaaaaaaaaa.2"));
    cursors.isNew(event("acme", "aaaaaaaaaaaaa.3"));
    cursors.isNew(event("other", "bbbbbbbbbbbbb.7"));
    assertThat(cursors.path()).isEqualTo("/ws?since=aaaaaaaaaaaaa.3&since=bbbbbbbbbbbbb.7");
  }

  @Test
  void orgsOfWhichNothingWasPrintedGoOnFromTheTimeOfTheLoss() {
    TailCursors everything = new TailCursors(List.of(), List.of(), List.of());
    everything.isNew(event("acme", "aaaaaaaaaaaaa.2"));
    everything.lost(1_764_000_000_000L);
    assertThat(everything.path()).isEqualTo("/ws?since=aaaaaaaaaaaaa.2&since=1764000000000");

    TailCursors two = new TailCursors(List.of("acme:planner"), List.of("other"), List.of());
    two.isNew(event("acme", "aaaaaaaaaaaaa.2"));
    two.lost(7);
    assertThat(two.path()).isEqualTo("/ws?channel=acme%3Aplanner&org=other&since=aaaaaaaaaaaaa.2&since=7");
    two.isNew(event("other", "bbbbbbbbbbbbb.1"));
    assertThat(two.path()).as("every org asked for is known").doesNotContain("since=7");

    TailCursors fromATime = new TailCursors(List.of(), List.of(), List.of("5"));
    fromATime.lost(7);
    assertThat(fromATime.path()).as("nothing was printed since then").isEqualTo("/ws?since=5");
  }

  @Test
  void whatWasPrintedIsNotPrintedAgain() {
    TailCursors cursors = new TailCursors(List.of(), List.of(), List.of());
    assertThat(cursors.isNew(event("acme", "aaaaaaaaaaaaa.9"))).isTrue();
    assertThat(cursors.isNew(event("acme", "aaaaaaaaaaaaa.9"))).isFalse();
    assertThat(cursors.isNew(event("acme", "aaaaaaaaaaaaa.10"))).isTrue();
    assertThat(cursors.isNew(event("acme", "ccccccccccccc.1"))).as("another incarnation of the log").isTrue();
    assertThat(cursors.isNew(event("other", "bbbbbbbbbbbbb.1"))).isTrue();
  }

  private static String event(String org, String cursor) {
    return "{\"orgId\":\"" + org + "\",\"cursor\":\"" + cursor + "\"}";
  }
}
