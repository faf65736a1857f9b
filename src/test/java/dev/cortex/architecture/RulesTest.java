package dev.cortex.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shows that every rule can fail, on a small source tree that breaks each of them. */
@Timeout(600)
final class RulesTest {

  private static final String BROKEN = "dev.cortex.architecture.broken";
  private static final JavaClasses CLASSES = new ClassFileImporter().importPackages(BROKEN);
  private final Rules rules = new Rules(BROKEN);

  @Test
  void tableRowRefusesAnImportItDoesNotList() {
    assertThat(violations(row("log"))).contains("broken.log.LogThatCallsTheRoom");
    assertThat(violations(row("room"))).isEmpty();
  }

  @Test
  void stagesMayNotImportEachOther() {
    assertThat(violations(rules.stagesMeetOnTheBus())).contains("PrunerThatCallsTheRoom");
  }

  @Test
  void onlyTheRoomMayTouchTheLog() {
    assertThat(violations(rules.onlyTheRoomTouchesTheLog()))
        .contains("GatewayThatReadsTheLog")
        .doesNotContain("broken.room");
  }

  @Test
  void sqlOutsideTheStoreIsFound() {
    assertThat(violations(rules.sqlStaysInTheStore())).contains("GatewayThatWritesSql").doesNotContain("LogWithSql");
  }

  @Test
  void cycleIsFound() {
    assertThat(violations(rules.noCycles())).contains("Slice log").contains("Slice room");
  }

  @Test
  void classOutsideTheTableIsFound() {
    assertThat(violations(rules.everyClassIsInTheTable())).contains("Stray").doesNotContain("broken.room");
  }

  @Test
  void pureClassMayNotTouchClockChanceFileOrVertx() {
    assertThat(violations(rules.pureClassesStayPure()))
        .contains("currentTimeMillis")
        .contains("Instant.now")
        .contains("java.util.Random")
        .contains("randomUUID")
        .contains("java.nio.file.Files")
        .contains("java.net.Socket")
        .contains("io.vertx.core.Vertx")
        .contains("java.sql.Connection")
        .doesNotContain("arraycopy")
        .doesNotContain("java.net.URI");
  }

  private ArchRule row(String name) {
    return rules.all().stream()
        .filter(rule -> rule.getDescription().equals("table row '" + name + "'"))
        .findFirst()
        .orElseThrow();
  }

  private static String violations(ArchRule rule) {
    return String.join("\n", rule.evaluate(CLASSES).getFailureReport().getDetails());
  }
}
