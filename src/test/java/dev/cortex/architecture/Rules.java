package dev.cortex.architecture;

import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import dev.cortex.base.Pure;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The rules of the source layout, made from the package table.
 *
 * @param root the package that holds the packages of the table
 */
record Rules(String root) {

  private static final Set<String> CLOCK_AND_CHANCE_METHODS =
      Set.of(
          "java.lang.System.currentTimeMillis",
          "java.lang.System.nanoTime",
          "java.lang.Math.random",
          "java.util.UUID.randomUUID");

  private static final Set<String> IMPURE_CLASSES =
      Set.of(
          "dev.cortex.base.Clock",
          "java.time.Clock",
          "java.util.Random",
          "java.util.SplittableRandom",
          "java.util.concurrent.ThreadLocalRandom",
          "java.security.SecureRandom",
          "java.io.File",
          "java.io.FileInputStream",
          "java.io.FileOutputStream",
          "java.io.FileReader",
          "java.io.FileWriter",
          "java.io.RandomAccessFile",
          "java.nio.file.Files",
          "java.nio.file.FileSystem",
          "java.nio.file.FileSystems");

  /** In a package of sockets, but only about text. */
  private static final Set<String> PURE_CLASSES =
      Set.of(
          "java.net.URI",
          "java.net.URISyntaxException",
          "java.net.URLDecoder",
          "java.net.URLEncoder",
          "java.net.IDN");

  private static final List<String> IMPURE_PACKAGES =
      List.of(
          "io.vertx",
          "io.netty.channel",
          "java.net",
          "java.net.http",
          "java.nio.channels",
          "java.sql",
          "javax.sql",
          "java.util.random",
          "com.github.f4b6a3");

  private static final List<String> SQL_PACKAGES =
      List.of("java.sql", "javax.sql", "org.sqlite", "io.vertx.sqlclient", "io.vertx.jdbcclient");

  /** All rules, the table's rows first. */
  List<ArchRule> all() {
    var rules = new ArrayList<ArchRule>();
    PackageTable.allowedImports().forEach((name, allowed) -> rules.add(imports(name, allowed)));
    rules.add(stagesMeetOnTheBus());
    rules.add(onlyTheRoomTouchesTheLog());
    rules.add(sqlStaysInTheStore());
    rules.add(noCycles());
    rules.add(everyClassIsInTheTable());
    rules.add(pureClassesStayPure());
    return rules;
  }

  private ArchRule imports(String name, Set<String> allowed) {
    var foreign =
        DescribedPredicate.<JavaClass>describe(
            "are in other packages of ours than " + allowed,
            target -> {
              var top = topPackage(target);
              return !top.isEmpty() && !top.equals(name) && !allowed.contains(top);
            });
    return noClasses().that(areIn(name)).should().dependOnClassesThat(foreign).as("table row '" + name + "'")
        .allowEmptyShould(true);
  }

  ArchRule stagesMeetOnTheBus() {
    return slices()
        .matching(root + ".(*)..")
        .namingSlices("$1")
        .that(
            DescribedPredicate.describe(
                "are stages", slice -> PackageTable.STAGES.contains(slice.getNamePart(1))))
        .should()
        .notDependOnEachOther()
        .as("stages never import each other, they meet on the bus")
        .allowEmptyShould(true);
  }

  ArchRule onlyTheRoomTouchesTheLog() {
    return noClasses()
        .that(
            DescribedPredicate.describe(
                "are stages other than the room",
                type -> PackageTable.STAGES.contains(topPackage(type)) && !topPackage(type).equals("room")))
        .should()
        .dependOnClassesThat(areIn("log", "consumer"))
        .as("only the room reads and writes the log and the consumer groups")
        .allowEmptyShould(true);
  }

  ArchRule sqlStaysInTheStore() {
    return noClasses()
        .that(
            DescribedPredicate.describe(
                "may not hold SQL", type -> isOurs(type) && !PackageTable.SQL.contains(topPackage(type))))
        .should()
        .dependOnClassesThat(areInAnyOf(SQL_PACKAGES))
        .as("SQL stays in " + PackageTable.SQL)
        .allowEmptyShould(true);
  }

  ArchRule noCycles() {
    return slices().matching(root + ".(*)..").should().beFreeOfCycles().as("packages form no cycle");
  }

  ArchRule pureClassesStayPure() {
    var impureType =
        areInAnyOf(IMPURE_PACKAGES)
            .and(DescribedPredicate.describe("are not pure", type -> !PURE_CLASSES.contains(type.getName())))
            .or(DescribedPredicate.describe("are impure", type -> IMPURE_CLASSES.contains(type.getName())));
    var impureCall =
        DescribedPredicate.<JavaAccess<?>>describe(
            "asks a clock or chance", access -> isClockOrChance(access.getTarget()));
    return noClasses()
        .that()
        .areAnnotatedWith(Pure.class)
        .should()
        .dependOnClassesThat(impureType)
        .orShould()
        .accessTargetWhere(impureCall)
        .as("a class marked @Pure touches no Vert.x, clock, chance, file, socket or SQL")
        .allowEmptyShould(true);
  }

  /** Every class of ours is in a package of the table. */
  ArchRule everyClassIsInTheTable() {
    var known = PackageTable.allowedImports().keySet();
    return noClasses()
        .should(
            be(
                DescribedPredicate.describe(
                    "outside the table", type -> isOurs(type) && !known.contains(topPackage(type)))))
        .as("every class is in a package of the table");
  }

  private static boolean isClockOrChance(AccessTarget target) {
    var owner = target.getOwner();
    var name = owner.getName() + "." + target.getName();
    return CLOCK_AND_CHANCE_METHODS.contains(name)
        || (owner.getPackageName().equals("java.time") && target.getName().equals("now"));
  }

  private boolean isOurs(JavaClass type) {
    return type.getPackageName().equals(root) || type.getPackageName().startsWith(root + ".");
  }

  /** The first package below the root, or an empty string for what is not below it. */
  private String topPackage(JavaClass type) {
    var name = type.getPackageName();
    if (!name.startsWith(root + ".")) {
      return "";
    }
    var below = name.substring(root.length() + 1);
    var dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }

  private DescribedPredicate<JavaClass> areIn(String... names) {
    var wanted = Set.of(names);
    return DescribedPredicate.describe("are in " + wanted, type -> wanted.contains(topPackage(type)));
  }

  private static DescribedPredicate<JavaClass> areInAnyOf(List<String> packages) {
    return DescribedPredicate.describe(
        "are in " + packages,
        type -> packages.stream().anyMatch(p -> (type.getPackageName() + ".").startsWith(p + ".")));
  }
}
