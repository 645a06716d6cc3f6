package dev.warmlane.acceptance;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.deque.html.axecore.args.AxeRunOptions;
import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operators' page in Chromium, in front of a gateway under traffic. Skipped where there is no Chromium. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DashboardIT {
    static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final LocatorAssertions.IsVisibleOptions SOON =
            new LocatorAssertions.IsVisibleOptions().setTimeout(60_000);

    /** A dead endpoint, and what that does to its pool. */
    private static final String OUTAGE = """
            [{"id":"ttft-slow","endpoint":null,"value":"2.0 s","since":"2026-01-01T00:00:09Z"},
             {"id":"errors","endpoint":null,"value":"7.0 %%","since":"2026-01-01T00:00:05Z"},
             {"id":"endpoint-ejected","endpoint":"%s","value":null,"since":"2026-01-01T00:00:01Z"}]""";

    private final ChatClient client = new ChatClient();
    private final List<String> complaints = new ArrayList<>();
    private SimulatedFleet fleet;
    private RunningGateway gateway;
    private SimulatedFleet mortal;
    private RunningGateway frontOfMortal;
    private SimulatedFleet uncached;
    private RunningGateway frontOfUncached;
    private Playwright playwright;
    private Browser browser;
    private Page page;

    @BeforeAll
    void start() {
        assumeTrue(Files.isExecutable(CHROMIUM), "no " + CHROMIUM + ": the page is not tested in a browser");
        playwright = playwright();
        browser = launch(playwright);
        fleet = SimulatedFleet.start(FleetOptions.instant(3));
        gateway = RunningGateway.inFrontOf(
                fleet,
                "warmlane.scrape.interval=200ms",
                // A health check that a busy machine makes late would be a problem, and the page says so.
                "warmlane.health.suspect-after=20s",
                "warmlane.health.timeout=20s");
        mortal = SimulatedFleet.start(FleetOptions.instant(2));
        FleetOptions plain = FleetOptions.instant(2);
        uncached = SimulatedFleet.start(plain.withServer(plain.server().withCache(new CacheConfig(16, 1000, false))));
        frontOfUncached = RunningGateway.inFrontOf(uncached, "warmlane.scrape.interval=200ms");
        frontOfMortal = RunningGateway.inFrontOf(mortal, "warmlane.scrape.interval=200ms");
    }

    static Playwright playwright() {
        return Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    }

    static Browser launch(Playwright playwright) {
        return playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(CHROMIUM)
                        .setArgs(List.of("--no-sandbox")));
    }

    @AfterAll
    void stop() {
        if (playwright != null) {
            // Together: gateways of one process share their event loops, which the first to close ends.
            gateway.close();
            frontOfMortal.close();
            frontOfUncached.close();
            uncached.close();
            fleet.close();
            mortal.close();
            playwright.close();
        }
    }

    @BeforeEach
    void open() {
        page = browser.newContext(new Browser.NewContextOptions().setColorScheme(ColorScheme.LIGHT))
                .newPage();
        page.setDefaultTimeout(60_000);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add(message.text());
            }
        });
        page.onPageError(complaints::add);
        page.onRequest(request -> {
            if (!Stream.of(gateway, frontOfUncached)
                    .anyMatch(
                            own -> request.url().startsWith(own.management("/").toString()))) {
                complaints.add("asked another host: " + request.url());
            }
        });
    }

    @AfterEach
    void nothingToComplainOf() {
        page.context().close();
        assertThat(complaints).isEmpty();
    }

    private void show(String view) {
        page.navigate(gateway.management("/dashboard#/" + view).toString());
    }

    private void say(String session, String text) {
        client.new Conversation(gateway.uri("/v1/chat/completions"), "Be brief.", Map.of("x-session-id", session))
                .say(text);
    }

    private String endpoint(int index) {
        return fleet.uris().get(index).getAuthority();
    }

    private Locator row(String endpoint) {
        return page.getByRole(AriaRole.ROW).filter(new Locator.FilterOptions().setHasText(endpoint));
    }

    @Test
    void numbersFollowTheTraffic() {
        show("overview");
        Locator requests = page.locator(".tile", new Page.LocatorOptions().setHasText("Requests per second"));
        assertThat(requests).containsText(Pattern.compile("\\d"));

        // The caches deliver: what they do not is a problem for a minute, and other tests wait until there is none.
        for (int i = 0; i < 100; i++) {
            say("traffic-" + i % 5, ChatClient.text(200, "question " + i % 5));
        }

        assertThat(requests.locator("strong")).not().hasText("0.0");
        assertThat(page.locator(".tile", new Page.LocatorOptions().setHasText("Session stickiness")))
                .containsText("100.00 %");
    }

    @Test
    void moreThanWasPredictedIsShownAsSuch() {
        page.route("**/dashboard/history*", route -> {
            APIResponse real = route.fetch();
            String more = real.text().replaceFirst("\"deliveredShare\":\\[.*?\\]", "\"deliveredShare\":[1.0,1.25]");
            route.fulfill(new Route.FulfillOptions().setResponse(real).setBody(more));
        });
        show("trends");

        assertThat(page.getByText("prediction accuracy 125.0 %")).isVisible(SOON);
        page.waitForFunction("() => window.Chart?.getChart('chart-hits')?.scales.y.max >= 1.25");
    }

    @Test
    void enginesThatCacheNothingAreRedAtOnceAndTheTileSaysSo() {
        page.navigate(frontOfUncached.management("/dashboard#/overview").toString());
        Locator hits = page.locator(".tile.bad", new Page.LocatorOptions().setHasText("Prefix cache hits"));

        assertThat(hits).isVisible(SOON);
        assertThat(hits.locator("strong")).hasText("off");
        assertThat(hits).containsText("prefix caching is off at 2 of 2");
    }

    @Test
    void theFirstPageHasARowForEachPoolAndReplica() {
        say("seen-in-the-fleet", "hello");
        page.navigate(gateway.management("/dashboard").toString());

        assertThat(page.getByText("No problems.")).isVisible(SOON);
        assertThat(row("expected-cost")).containsText("3 / 3");
        assertThat(row("this one")).containsText("3 / 3");
        page.getByRole(
                        AriaRole.LINK,
                        new Page.GetByRoleOptions().setName("default").setExact(true))
                .click();
        assertThat(page.getByText("Endpoints of default")).isVisible(SOON);
    }

    @Test
    void consequencesAreFoldedUnderTheirCauseWhichLeadsToItsEndpointDecisionsAndRunbook() {
        page.route("**/dashboard/live", route -> {
            String event = client.firstEvent(gateway.management("/dashboard/live"))
                    .toString()
                    .replaceFirst(
                            "\"problems\":\\[]",
                            "\"problems\":" + OUTAGE.replace("\n", "").formatted(endpoint(0)));
            route.fulfill(new Route.FulfillOptions()
                    .setContentType("text/event-stream")
                    .setBody("data:" + event + "\n\n"));
        });
        show("fleet");

        Locator causes = page.locator("main > section > .problems > li");
        assertThat(causes).hasCount(1);
        assertThat(causes).containsText("brings with it:");
        assertThat(causes).containsText("requests fail");
        assertThat(causes).containsText("the time to first token is above its target");
        causes.locator("summary").first().click();
        assertThat(causes.getByText("Endpoint " + endpoint(0)))
                .hasAttribute("href", Pattern.compile("#/endpoint\\?pool=default&endpoint=http"));
        assertThat(causes.getByText("Decisions").first()).isVisible(SOON);
        causes.getByText("Runbook").first().click();
        assertThat(page.locator("details[open]")).containsText("endpoint-ejected");
        complaints.clear();
    }

    @Test
    void anEndpointIsDrainedAndReadmittedByKeyboardAndTheFocusComesBack() {
        show("endpoint?pool=default&endpoint=" + fleet.uris().get(2));
        Locator drain = page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Drain…"));
        drain.focus();
        page.keyboard().press("Enter");
        Locator dialog = page.getByRole(AriaRole.DIALOG);
        assertThat(dialog).containsText("No replica sends it new requests");
        assertThat(dialog.getByText("Cancel")).isFocused();
        page.keyboard().press("Escape");
        assertThat(dialog).not().isVisible();
        assertThat(drain).isFocused();
        assertThat(page.locator(".facts .state")).hasText("ready");

        page.keyboard().press("Enter");
        page.keyboard().press("Shift+Tab");
        page.keyboard().press("Enter");
        assertThat(page.getByText("Done: drain.")).isVisible(SOON);
        assertThat(page.locator(".facts .state")).hasText("drained");

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Readmit…"))
                .click();
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Readmit").setExact(true))
                .click();
        assertThat(page.locator(".facts .state")).hasText("ready");
        show("events");
        assertThat(page.getByText(endpoint(2) + " is drained, was ready").first())
                .isVisible(SOON);
    }

    @Test
    void chartsShareALineUnderThePointerAndTheTimeThatIsZoomedInto() {
        show("trends?pool=default&range=24h");
        page.waitForFunction("() => window.Chart?.getChart('chart-hits')?.scales.x.max > 0");
        assertThat(page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("24h")))
                .hasAttribute("aria-pressed", "true");
        Object areas = page.evaluate(
                "[...new Set(Object.values(Chart.instances).map(({ chartArea }) => [chartArea.top, chartArea.left].join()))].length");
        assertThat(areas).isEqualTo(1);

        page.locator("#chart-ttft").focus();
        page.keyboard().press("ArrowLeft");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Zoom in"))
                .click();
        assertThat(page).hasURL(Pattern.compile("range=24h&from=\\d+&to=\\d+"));
        page.waitForFunction(
                "() => (Chart.getChart('chart-errors').scales.x.max - Chart.getChart('chart-errors').scales.x.min) === 43200");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Zoom out"))
                .click();
        assertThat(page).not().hasURL(Pattern.compile("from="));
    }

    @Test
    void theCurveOfCachesGivesItsNumbersAndTheLadderSaysWhatHelps() {
        for (int i = 0; i < 40; i++) {
            say("cached-" + i % 4, ChatClient.text(200, "question"));
        }
        show("cache");
        Locator curve = page.getByRole(AriaRole.SLIDER);
        assertThat(curve).isVisible(SOON);
        assertThat(page.locator("#cache-point")).containsText("today's size");

        curve.focus();
        page.keyboard().press("ArrowRight");
        page.keyboard().press("ArrowRight");
        assertThat(page.locator("#cache-point")).containsText("×1.4 today's size");
        curve.hover(new Locator.HoverOptions().setPosition(60, 40));
        assertThat(page.locator("#cache-point")).containsText("×0.1");
        assertThat(row("Never came before")).containsText("compulsory");
        assertThat(page.getByText(Pattern.compile("No advice: \\d+ requests seen")))
                .isVisible();

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("About a day"))
                .click();
        assertThat(page).hasURL(Pattern.compile("over=day"));
        assertThat(page.getByText("Delivered", new Page.GetByTextOptions().setExact(true)))
                .isVisible();
    }

    /** As over the wire, but for the stream that does not end. */
    @Test
    void theFirstLoadIsSmallAndTheSecondMuchSmaller() {
        show("fleet");
        assertThat(page.getByText("No problems.")).isVisible(SOON);
        String bytes =
                "() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
                        + ".reduce((sum, entry) => sum + entry.transferSize, 0)";
        assertThat(((Number) page.evaluate(bytes)).intValue()).isBetween(10_000, 120_000);
        page.reload();
        assertThat(page.getByText("No problems.")).isVisible(SOON);
        assertThat(((Number) page.evaluate(bytes)).intValue()).isLessThan(45_000);
    }

    @Test
    void theThemeIsChosenAndStays() {
        show("fleet");
        page.getByLabel("Theme").selectOption("dark");
        page.reload();
        page.waitForFunction("() => getComputedStyle(document.documentElement).backgroundColor === 'rgb(23, 22, 20)'");
    }

    @Test
    void findsASessionAndReleasesIt() {
        say("a-session-to-find", "hello");
        show("sessions");

        page.getByLabel("Value").fill("a-session-to-find");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Find"))
                .click();
        assertThat(page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("Bindings")))
                .containsText("127.0.0.1");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Release…"))
                .click();
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Release").setExact(true))
                .click();
        assertThat(page.getByText("Released.")).isVisible(SOON);

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Find"))
                .click();
        assertThat(page.getByText("Not bound.")).isVisible(SOON);
    }

    @Test
    void explainsTheNumbersOfTheChosenEndpoint() {
        say("explained", "hello");
        show("decisions");

        page.getByText("Where would a request go?").click();
        page.getByLabel("Body", new Page.GetByLabelOptions().setExact(true))
                .fill("{\"model\":\"Qwen/Qwen3-0.6B\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
        page.getByLabel("Headers").fill("x-session-id: explained");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Explain"))
                .click();

        Locator chosen = page.locator(".result tr.chosen");
        assertThat(chosen).containsText("chosen");
        assertThat(chosen).containsText("bound");
        assertThat(page.locator(".result tbody tr")).hasCount(3);
        assertThat(page.locator(".result")).containsText("by session, bound");
    }

    @Test
    void tellsWhereARequestWentAndWhyAndWhatWasDelivered() {
        String request = "to-be-explained";
        for (int turn = 0; turn < 2; turn++) {
            client
                    .new Conversation(
                            gateway.uri("/v1/chat/completions"),
                            ChatClient.text(500, "instructions"),
                            Map.of("x-session-id", "asked-for", "x-request-id", request))
                    .say("hello");
        }
        show("decisions");

        page.getByRole(AriaRole.SEARCHBOX, new Page.GetByRoleOptions().setName("Request"))
                .fill(request);
        Locator rows = page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("Table of decisions"))
                .locator("tbody tr");
        assertThat(rows).hasCount(2);
        assertThat(rows.first().locator("td").nth(9)).hasText(Pattern.compile("[1-9][0-9]+"));
        assertThat(rows.first()).containsText("Qwen/Qwen3-0.6B");
        assertThat(rows.first().locator("td").nth(3)).hasText("200");
        assertThat(rows.first().locator("td").nth(4)).hasText(Pattern.compile("\\d+ ms|\\d+\\.\\d s"));
        assertThat(rows.first()).containsText(request);
        rows.first().getByRole(AriaRole.BUTTON).first().click();
        assertThat(page.getByText("Its session is bound there.")).isVisible(SOON);
        assertThat(page.evaluate("() => [...document.querySelectorAll('.more tbody tr')].every((row) => {"
                        + " const [waiting, computing, delaying, decoding, staying, cost] ="
                        + " [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent.replaceAll(',', '')));"
                        + " return waiting + computing + delaying + decoding - staying === cost; })"))
                .isEqualTo(true);
        assertThat(page.getByText("Request " + request)).isVisible(SOON);
        assertThat(page.getByRole(
                        AriaRole.REGION, new Page.GetByRoleOptions().setName("Prediction accuracy by endpoint")))
                .containsText(Pattern.compile("\\d %"));
    }

    @Test
    void comesBackWhenSomethingElseHasAnsweredForTheGateway() {
        page.route("**/dashboard/live", route -> route.fulfill(new Route.FulfillOptions().setStatus(503)));
        show("overview");
        assertThat(page.getByText("Connection lost")).isVisible(SOON);

        page.unroute("**/dashboard/live");

        assertThat(page.getByText("Live", new Page.GetByTextOptions().setExact(true)))
                .isVisible(SOON);
        assertThat(page.locator("table")).isVisible(SOON);
        // The browser's own, of the 503.
        complaints.clear();
    }

    @Test
    void isUsedByKeyboardAlone() {
        show("overview");
        assertThat(page.locator("table")).isVisible(SOON);

        page.keyboard().press("Tab");
        assertThat(page.getByText("Skip to content")).isFocused();
        page.keyboard().press("Tab");
        page.keyboard().press("Tab");
        page.keyboard().press("Tab");
        page.keyboard().press("Enter");
        assertThat(page.getByText("Trends of default")).isVisible(SOON);

        show("overview");
        Locator sessions = page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sessions"));
        sessions.focus();
        page.keyboard().press("Enter");
        assertThat(page.locator("th[aria-sort]")).containsText("Sessions");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fleet",
                "overview",
                "trends",
                "cache",
                "decisions",
                "sessions",
                "runbook",
                "events",
                "wall",
                "endpoint?endpoint=0"
            })
    @Retention(RetentionPolicy.RUNTIME)
    private @interface EveryView {}

    @EveryView
    void axeFindsNothingSeriousInEitherTheme(String view) {
        say("seen-by-axe", "hello");
        show(view.replace("endpoint=0", "endpoint=" + endpoint(0)));
        assertThat(page.locator("main section").first()).isVisible(SOON);

        // Of what is as it should be, axe would tell each element.
        AxeRunOptions options = new AxeRunOptions();
        options.setResultTypes(List.of("violations"));
        // There are no frames whose results would have to be put together in a page of their own.
        AxeBuilder axe = new AxeBuilder(page).options(options).setLegacyMode(true);
        for (ColorScheme colors : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(colors));
            page.waitForFunction(
                    "dark => matchMedia('(prefers-color-scheme: dark)').matches === dark", colors == ColorScheme.DARK);
            assertThat(axe.analyze().getViolations())
                    .as("%s", colors)
                    .filteredOn(violation -> List.of("serious", "critical").contains(violation.getImpact()))
                    .isEmpty();
        }
    }

    @EveryView
    void fitsEveryScreen(String view) {
        show(view.replace("endpoint=0", "endpoint=" + endpoint(0)));
        assertThat(page.locator("main section").first()).isVisible(SOON);

        for (int width : new int[] {360, 768, 1280, 1920}) {
            page.setViewportSize(width, 900);
            assertThat(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                    .as("at %d px", width)
                    .isEqualTo(0);
        }
    }

    @Test
    void anEjectedEndpointShowsWithItsReason() {
        String dead = mortal.uris().get(0).getAuthority();
        mortal.server(0).close();
        page.context().close();
        page = browser.newContext().newPage();
        page.navigate(frontOfMortal.management("/dashboard#/overview").toString());

        Locator state = row(dead).locator(".state");
        for (int i = 0; i < 20; i++) {
            client
                    .new Conversation(
                            frontOfMortal.uri("/v1/chat/completions"),
                            "Be brief.",
                            Map.of("x-session-id", "mortal-" + i))
                    .say("hello");
        }

        assertThat(state).hasText("ejected", new LocatorAssertions.HasTextOptions().setTimeout(60_000));
        assertThat(row(dead)).containsText(Pattern.compile("for \\d+"));
        page.getByText("An endpoint is ejected").click();
        Locator advice = page.getByText("Let Kubernetes restart the pod");
        assertThat(advice).isVisible(SOON);
        String since = page.locator(".since").first().textContent();
        assertThat(page.locator(".since").first())
                .not()
                .hasText(since, new LocatorAssertions.HasTextOptions().setTimeout(60_000));
        // It is drawn anew every second, and stays open.
        assertThat(advice).isVisible();
    }
}
