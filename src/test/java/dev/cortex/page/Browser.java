package dev.cortex.page;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** A real, headless browser with a fresh profile. It uses what is on the PATH and downloads nothing. */
final class Browser implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome");
  private static final List<String> QUIET =
      List.of(
          "--headless=new",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--no-first-run",
          "--window-size=1360,880");

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /**
   * Starts one.
   *
   * @param profile an empty folder for its profile
   * @throws IllegalStateException when there is no browser or no driver for it
   */
  static Browser start(Path profile) {
    File chromeDriver = onPath(List.of("chromedriver"));
    File browser = onPath(BROWSERS);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(browser);
    options.addArguments(QUIET);
    options.addArguments("--user-data-dir=" + profile.toAbsolutePath());
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder().usingDriverExecutable(chromeDriver).usingAnyFreePort().build();
    ChromeDriver driver = new ChromeDriver(service, options);
    driver.manage().timeouts().scriptTimeout(PATIENCE).pageLoadTimeout(PATIENCE);
    return new Browser(driver);
  }

  void open(String url) {
    driver.get(url);
  }

  /** Makes the page that wide, in pixels: a window of a real browser cannot be as narrow as a phone. */
  void width(int px) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", px, "height", 900, "deviceScaleFactor", 1, "mobile", false));
  }

  /** Runs the body of an async function in the page and returns what it returns. */
  Object run(String body, Object... arguments) {
    return driver.executeAsyncScript(
        "const done = arguments[arguments.length - 1];"
            + "(async (...given) => {" + body + "})(...arguments).then(done, (error) => done('failed: ' + error));",
        arguments);
  }

  WebElement find(String css) {
    return driver.findElement(By.cssSelector(css));
  }

  /** Presses an element as soon as it is there. */
  void press(String css) {
    await("pressed: " + css, page -> {
      page.findElement(By.cssSelector(css)).click();
      return true;
    });
  }

  /** Replaces the text of a field by typing. */
  void type(String css, String text) {
    WebElement field = find(css);
    field.clear();
    field.sendKeys(text);
  }

  /** Waits until an element exists and is visible. */
  WebElement await(String css) {
    return await("visible: " + css, page ->
        page.findElements(By.cssSelector(css)).stream().filter(WebElement::isDisplayed).findFirst().orElse(null));
  }

  /** Waits until an element's text contains a part. */
  void awaitText(String css, String part) {
    await(css + " says " + part, page ->
        page.findElements(By.cssSelector(css)).stream().anyMatch(found -> found.getText().contains(part)));
  }

  /** Waits until no element's text contains a part any more. */
  void awaitNoText(String css, String part) {
    await(css + " does not say " + part, page ->
        page.findElements(By.cssSelector(css)).stream().noneMatch(found -> found.getText().contains(part)));
  }

  /** What the page reported as errors since this was last asked. */
  List<String> errors() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  @Override
  public void close() {
    driver.quit();
  }

  private <T> T await(String what, Function<WebDriver, T> condition) {
    return new WebDriverWait(driver, PATIENCE).withMessage(what)
        .ignoring(StaleElementReferenceException.class) // the page may draw anew while it is read
        .until(condition);
  }

  private static File onPath(List<String> names) {
    Map<String, String> environment = System.getenv();
    return Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator))
        .flatMap(folder -> names.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .map(Path::toFile)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(
            "browser tests need one of " + Arrays.toString(names.toArray()) + " on the PATH"));
  }
}
