package dev.cortex.cli;

import dev.cortex.boot.CortexServer;
import dev.cortex.boot.Demo;

/** What a newcomer reads who started a demo: where everything is, and what to type to see an event travel. */
final class DemoGuide {

  private DemoGuide() {}

  /** The whole text, lines ended. */
  static String of(Demo demo) {
    Demo.Desktop first = demo.desktops().get(0);
    Demo.Desktop second = demo.desktops().get(1);
    String inside = demo.cloud().inside().map(CortexServer.Inside::url).orElseThrow();
    String data = demo.home().path().toString();
    return String.join(
        "\n",
        place(first.user() + "'s desktop", first.server().url(), first.server().url()),
        place(second.user() + "'s desktop", second.server().url(), second.server().url()),
        place("cloud", demo.cloud().url(), inside),
        "",
        "See an event travel. In one terminal follow " + second.user() + "'s desktop, in another the cloud:",
        "",
        "  curl -N '" + second.server().url() + "/api/stream?channel=" + demo.org() + "'",
        "  curl -N '" + demo.cloud().url() + "/api/stream?channel=" + demo.org() + "' -H 'Authorization: Bearer "
            + second.token() + "'",
        "",
        "In a third publish on " + first.user() + "'s desktop, as often as you like:",
        "",
        "  curl " + first.server().url() + "/api/events -H 'Content-Type: application/json' \\",
        "    -d '{\"orgId\":\"" + demo.org() + "\",\"type\":\"agent.completed\",\"payload\":{\"text\":\"hello\"}}'",
        "",
        "Or watch in the consoles. The cloud's wants a token, which this address brings along:",
        "",
        "  " + inside + "/console#token=" + first.token(),
        "",
        demo.home().temporary()
            ? "Ctrl-C stops everything and removes the data in " + data + "."
            : "Ctrl-C stops everything; the data stays in " + data + ".",
        "");
  }

  private static String place(String name, String url, String consoleUrl) {
    return "  " + (name + " ".repeat(16)).substring(0, 16) + url + "   console " + consoleUrl + "/console";
  }
}
