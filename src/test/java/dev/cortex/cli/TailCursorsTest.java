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
