package dev.warmlane.harness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The operators' page in Chromium, in front of a gateway with three simulated servers, for the tests of a class and of those
 * within it, which are skipped where there is no Chromium. Fails a test in which the browser complains of something, or asks
 * hosts other than the gateways.
 */
public final class DashboardInBrowser implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    /** For whatever a busy machine may take. */
    public static final LocatorAssertions.IsVisibleOptions SOON =
            new LocatorAssertions.IsVisibleOptions().setTimeout(60_000);

    private final ChatClient client = new ChatClient();
    private final List<String> complaints = new ArrayList<>();
    private @Nullable Chromium chromium;
    private @Nullable SimulatedFleet fleet;
    private @Nullable RunningGateway gateway;

    @Override
    public void beforeAll(ExtensionContext context) {
        if (isNested(context)) {
            return;
        }
        chromium = Chromium.start();
        fleet = SimulatedFleet.start(FleetOptions.instant(3));
        gateway = RunningGateway.inFrontOf(
                fleet,
                "warmlane.scrape.interval=200ms",
                // A health check that a busy machine makes late would be a problem, and the page says so.
                "warmlane.health.suspect-after=20s",
                "warmlane.health.timeout=20s");
    }

    @Override
    public void afterEach(ExtensionContext context) {
        requireNonNull(chromium).browser().contexts().forEach(BrowserContext::close);
        assertThat(takeComplaints()).isEmpty();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (isNested(context)) {
            return;
        }
        if (gateway != null) {
            gateway.close();
        }
        if (fleet != null) {
            fleet.close();
        }
        if (chromium != null) {
            chromium.close();
        }
    }

    private static boolean isNested(ExtensionContext context) {
        return context.getRequiredTestClass().getEnclosingClass() != null;
    }

    public RunningGateway gateway() {
        return requireNonNull(gateway);
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
            if (Stream.concat(Stream.of(gateway()), Stream.of(others))
                    .noneMatch(
                            own -> request.url().startsWith(own.management("/").toString()))) {
                complaints.add("asked another host: " + request.url());
            }
        });
        return page;
    }

    /** The same, of which nothing is noted. */
    public Page plainPage() {
        Page page = requireNonNull(chromium)
                .browser()
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
        page.navigate(gateway().management("/dashboard#/" + view).toString());
    }

    /** A request of a session. */
    public void say(String session, String text) {
        say(gateway(), session, text);
    }

    public void say(RunningGateway to, String session, String text) {
        client.new Conversation(to.uri("/v1/chat/completions"), "Be brief.", Map.of("x-session-id", session)).say(text);
    }

    /** Host and port of a server, from 0. */
    public String endpoint(int index) {
        return requireNonNull(fleet).uris().get(index).getAuthority();
    }

    /** The row of a table that has this text. */
    public static Locator row(Page page, String text) {
        return page.getByRole(AriaRole.ROW).filter(new Locator.FilterOptions().setHasText(text));
    }
}
