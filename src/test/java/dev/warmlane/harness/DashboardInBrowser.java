package dev.warmlane.harness;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The operators' page in Chromium, in front of a gateway with three simulated servers. Notes of what the browser complains, and
 * requests to hosts other than the gateways.
 */
public final class DashboardInBrowser implements AutoCloseable {
    /** For whatever a busy machine may take. */
    public static final LocatorAssertions.IsVisibleOptions SOON =
            new LocatorAssertions.IsVisibleOptions().setTimeout(60_000);

    private final ChatClient client = new ChatClient();
    private final List<String> complaints = new ArrayList<>();
    private final Chromium chromium = Chromium.start();
    private final SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(3));
    private final RunningGateway gateway = RunningGateway.inFrontOf(
            fleet,
            "warmlane.scrape.interval=200ms",
            // A health check that a busy machine makes late would be a problem, and the page says so.
            "warmlane.health.suspect-after=20s",
            "warmlane.health.timeout=20s");

    public RunningGateway gateway() {
        return gateway;
    }

    /**
     * A new browser's page, still empty.
     *
     * @param others gateways that it may ask beside this one's
     */
    public Page open(RunningGateway... others) {
        Page page = plainPage();
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add(message.text());
            }
        });
        page.onPageError(complaints::add);
        page.onRequest(request -> {
            if (Stream.concat(Stream.of(gateway), Stream.of(others))
                    .noneMatch(
                            own -> request.url().startsWith(own.management("/").toString()))) {
                complaints.add("asked another host: " + request.url());
            }
        });
        return page;
    }

    /** The same, of which nothing is noted. */
    public Page plainPage() {
        Page page = chromium.browser()
                .newContext(new Browser.NewContextOptions().setColorScheme(ColorScheme.LIGHT))
                .newPage();
        page.setDefaultTimeout(60_000);
        return page;
    }

    /** What was noted since this was asked last. */
    public List<String> takeComplaints() {
        List<String> taken = List.copyOf(complaints);
        complaints.clear();
        return taken;
    }

    /** @param view as after the {@code #/} */
    public void show(Page page, String view) {
        page.navigate(gateway.management("/dashboard#/" + view).toString());
    }

    /** A request of a session. */
    public void say(String session, String text) {
        say(gateway, session, text);
    }

    public void say(RunningGateway to, String session, String text) {
        client.new Conversation(to.uri("/v1/chat/completions"), "Be brief.", Map.of("x-session-id", session)).say(text);
    }

    /** Host and port of a server, from 0. */
    public String endpoint(int index) {
        return fleet.uris().get(index).getAuthority();
    }

    /** The row of a table that has this text. */
    public static Locator row(Page page, String text) {
        return page.getByRole(AriaRole.ROW).filter(new Locator.FilterOptions().setHasText(text));
    }

    @Override
    public void close() {
        gateway.close();
        fleet.close();
        chromium.close();
    }
}
