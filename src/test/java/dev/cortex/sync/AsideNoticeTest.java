package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Refusal;
import org.junit.jupiter.api.Test;

final class AsideNoticeTest {

  @Test
  void lineNamesCountOrgReasonAndWhereToLook() {
    assertThat(AsideNotice.line("acme", 3, new Refusal(7, "forbidden", "not there"))).isEqualTo(
        "the cloud refused 3 events of acme for good, set aside here: the first with forbidden (not there);"
            + " see GET /api/sync/set-aside?orgId=acme");
    assertThat(AsideNotice.line("acme", 1, new Refusal(7, "forbidden", "not there")))
        .contains("1 event of acme", "here: forbidden");
  }
}
