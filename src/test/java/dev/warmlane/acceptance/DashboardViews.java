package dev.warmlane.acceptance;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.warmlane.acceptance.OperatorsDashboardIT.dashboard;
import static dev.warmlane.harness.DashboardInBrowser.SOON;
import static dev.warmlane.harness.DashboardInBrowser.row;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the operators' page shows, in front of a gateway under traffic. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class DashboardViews {
    /** A dead endpoint, and what that does to its pool. */
    private static final String OUTAGE = """
            [{"id":"ttft-slow","endpoint":null,"value":"2.0 s","since":"2026-01-01T00:00:09Z"},
             {"id":"errors","endpoint":null,"value":"7.0 %%","since":"2026-01-01T00:00:05Z"},
             {"id":"endpoint-ejected","endpoint":"%1$s","value":null,"since":"2026-01-01T00:00:01Z"},
             {"id":"scrape-failing","endpoint":"%1$s","value":null,"since":"2026-01-01T00:00:02Z"},
             {"id":"scrape-failing","endpoint":"%2$s","value":null,"since":"2026-01-01T00:00:03Z"}]""";

    private final ChatClient client = new ChatClient();
    private SimulatedFleet mortal;
    private SimulatedFleet uncached;
    /** In front of either: each test that asks it says which. */
    private RunningGateway another;

    private Page page;

    @BeforeAll
    void start() {
        mortal = SimulatedFleet.start(FleetOptions.instant(2));
        FleetOptions plain = FleetOptions.instant(2);
        uncached = SimulatedFleet.start(plain.withServer(plain.server().withCache(new CacheConfig(16, 1000, false))));
        another = RunningGateway.inFrontOf(uncached, "warmlane.scrape.interval=200ms", "warmlane.health.slow-start=0s");
    }

    /** Before the dashboard's own: gateways of one process share their event loops, which the first to close ends. */
    @AfterAll
    void stop() {
        another.close();
        uncached.close();
        mortal.close();
    }

    @BeforeEach
    void open() {
        page = dashboard.open(another);
    }

    @Test
    void numbersFollowTheTraffic() {
        dashboard.show(page, "overview");
        Locator requests = page.locator(".tile", new Page.LocatorOptions().setHasText("Requests per second"));
        assertThat(requests).containsText(Pattern.compile("\\d"));

        // The caches deliver: what they do not is a problem for a minute, and other tests wait until there is none.
        for (int i = 0; i < 100; i++) {
            dashboard.say("traffic-" + i % 5, ChatClient.text(200, "question " + i % 5));
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
        dashboard.show(page, "trends");

        assertThat(page.getByText("prediction accuracy 125.0 %")).isVisible(SOON);
        page.waitForFunction("() => window.Chart?.getChart('chart-hits')?.scales.y.max >= 1.25");
    }

    @Test
    void enginesThatCacheNothingAreRedAtOnceAndTheTileSaysSo() {
        another.replaceEndpoints(urls(uncached));
        page.navigate(another.management("/dashboard#/overview").toString());
        Locator hits = page.locator(".tile.bad", new Page.LocatorOptions().setHasText("Prefix cache hits"));

        assertThat(hits).isVisible(SOON);
        assertThat(hits.locator("strong")).hasText("off");
        assertThat(hits).containsText("prefix caching is off at 2 of 2");
    }

    @Test
    void theFirstPageHasARowForEachPoolAndReplica() {
        dashboard.say("seen-in-the-fleet", "hello");
        page.navigate(dashboard.gateway().management("/dashboard").toString());

        assertThat(page.getByText("No problems.")).isVisible(SOON);
        assertThat(row(page, "expected-cost")).containsText("3 / 3");
        assertThat(row(page, "this one")).containsText("3 / 3");
        page.getByRole(
                        AriaRole.LINK,
                        new Page.GetByRoleOptions().setName("default").setExact(true))
                .click();
        assertThat(page.getByText("Endpoints of default")).isVisible(SOON);
    }

    @Test
    void consequencesAreFoldedUnderTheirCauseWhichLeadsToItsEndpointDecisionsAndRunbook() {
        page.route("**/dashboard/live", route -> {
            String event = client.firstEvent(dashboard.gateway().management("/dashboard/live"))
                    .toString()
                    .replaceFirst(
                            "\"problems\":\\[]",
                            "\"problems\":"
                                    + OUTAGE.replace("\n", "").formatted(dashboard.endpoint(0), dashboard.endpoint(1)));
            route.fulfill(new Route.FulfillOptions()
                    .setContentType("text/event-stream")
                    .setBody("data:" + event + "\n\n"));
        });
        dashboard.show(page, "fleet");

        Locator all = page.locator("main > section > .problems > li");
        assertThat(all).hasCount(2);
        // The ejection of another endpoint does not explain it.
        assertThat(all.last()).containsText("metrics cannot be scraped");
        assertThat(all.last().locator("> details > summary")).containsText(dashboard.endpoint(1));
        Locator causes = all.first();
        assertThat(causes).containsText("brings with it:");
        // As severe as what it brings with it: that requests fail.
        assertThat(causes.locator("> details > summary > .severity")).hasText("critical");
        assertThat(causes).containsText("requests fail");
        assertThat(causes.locator(".with-it")).containsText("metrics cannot be scraped");
        assertThat(causes).containsText("the time to first token is above its target");
        causes.locator("summary").first().click();
        assertThat(causes.getByText("Endpoint " + dashboard.endpoint(0)).first())
                .hasAttribute("href", Pattern.compile("#/endpoint\\?pool=default&endpoint=http"));
        assertThat(causes.getByText("Decisions").first()).isVisible(SOON);
        causes.getByText("Runbook").first().click();
        assertThat(page.locator("details[open]")).containsText("endpoint-ejected");
        dashboard.takeComplaints();
    }

    @Test
    void aFigureIsRedWhereAProblemSaysSoAndNowhereElse() {
        String low =
                "{\"id\":\"hit-ratio-low\",\"endpoint\":null,\"value\":\"10.0 %\",\"since\":\"2026-01-01T00:00:01Z\"}";
        page.route("**/dashboard/live", route -> withFewHits(route, ""));
        dashboard.show(page, "overview");
        Locator hits = page.locator(".tile").filter(having("Prefix cache hits"));
        assertThat(hits.locator("strong")).hasText("10.0 %");
        assertThat(page.locator(".bad")).hasCount(0);
        dashboard.show(page, "fleet");
        assertThat(row(page, "expected-cost")).containsText("10.0 %");
        assertThat(page.locator(".hot")).hasCount(0);

        page.unroute("**/dashboard/live");
        page.route("**/dashboard/live", route -> withFewHits(route, low));
        dashboard.show(page, "overview");
        assertThat(page.locator(".tile.bad").filter(having("Prefix cache hits")))
                .isVisible(SOON);
        dashboard.show(page, "fleet");
        assertThat(page.locator("td.hot").filter(having("10.0 %"))).isVisible(SOON);
        // The stream ends after its first event.
        dashboard.show(page, "wall");
        assertThat(page.locator("#wall-title")).containsText("Connection lost");
        dashboard.takeComplaints();
    }

    private void withFewHits(Route route, String problems) {
        ObjectNode live = (ObjectNode) client.firstEvent(dashboard.gateway().management("/dashboard/live"));
        ObjectNode pool = (ObjectNode) live.at("/pools/0");
        ((ObjectNode) pool.get("hitRatio")).put("1m", 0.1);
        pool.set("problems", JsonMapper.shared().readTree("[" + problems + "]"));
        route.fulfill(
                new Route.FulfillOptions().setContentType("text/event-stream").setBody("data:" + live + "\n\n"));
    }

    @Test
    void thePoolsFiguresAreThoseOfAllReplicasThatAreHeard() {
        page.route("**/dashboard/live", route -> {
            ObjectNode live = (ObjectNode) client.firstEvent(dashboard.gateway().management("/dashboard/live"));
            String version =
                    ",\"version\":\"unknown\",\"silentMillis\":0,\"differingSettings\":null,\"pools\":[{\"pool\":\"default\","
                            + "\"endpoints\":3,\"selectable\":%d,\"inFlight\":%d,\"problems\":[],\"lastMinute\":{\"requestsPerSecond\":%d%s}}]}";
            String replicas = "[{\"name\":\"a\",\"silent\":false"
                    + version.formatted(3, 1, 2, ",\"queued\":1,\"stickiness\":1,\"ttftP90\":0.5")
                    + ",{\"name\":\"b\",\"silent\":false"
                    + version.formatted(2, 4, 6, ",\"queued\":2,\"stickiness\":0.5,\"ttftP90\":3")
                    + ",{\"name\":\"older\",\"silent\":false" + version.formatted(3, 0, 1, "")
                    + ",{\"name\":\"gone\",\"silent\":true" + version.formatted(0, 50, 70, ",\"ttftP90\":9")
                    + "]";
            live.set("replicas", JsonMapper.shared().readTree(replicas));
            route.fulfill(new Route.FulfillOptions()
                    .setContentType("text/event-stream")
                    .setBody("data:" + live + "\n\n"));
        });
        dashboard.show(page, "overview");

        Locator tiles = page.locator(".tile");
        assertThat(tiles.filter(having("Requests per second")))
                .containsText(Pattern.compile("9\\.0\\s+5 in flight · 3 queued"));
        assertThat(tiles.filter(having("Session stickiness"))).containsText("62.50 %");
        assertThat(tiles.filter(having("Time to first token"))).containsText("p90 3.0 s");
        assertThat(tiles.filter(having("Endpoints"))).containsText("2 / 3");
        assertThat(page.getByText("all replicas together")).isVisible();
        dashboard.takeComplaints();
    }

    private static Locator.FilterOptions having(String text) {
        return new Locator.FilterOptions().setHasText(text);
    }

    @Test
    void comesBackWhenSomethingElseHasAnsweredForTheGateway() {
        page.route("**/dashboard/live", route -> route.fulfill(new Route.FulfillOptions().setStatus(503)));
        dashboard.show(page, "overview");
        assertThat(page.getByText("Connection lost")).isVisible(SOON);

        page.unroute("**/dashboard/live");

        assertThat(page.getByText("Live", new Page.GetByTextOptions().setExact(true)))
                .isVisible(SOON);
        assertThat(page.locator("table")).isVisible(SOON);
        // The browser's own, of the 503.
        dashboard.takeComplaints();
    }

    @Test
    void anEjectedEndpointShowsWithItsReason() {
        another.replaceEndpoints(urls(mortal));
        String dead = mortal.uris().get(0).getAuthority();
        mortal.server(0).close();
        page.context().close();
        page = dashboard.plainPage();
        page.navigate(another.management("/dashboard#/overview").toString());

        Locator state = row(page, dead).locator(".state");
        for (int i = 0; i < 20; i++) {
            dashboard.say(another, "mortal-" + i, "hello");
        }

        assertThat(state).hasText("ejected", new LocatorAssertions.HasTextOptions().setTimeout(60_000));
        assertThat(row(page, dead)).containsText(Pattern.compile("for \\d+"));
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

    private static List<String> urls(SimulatedFleet fleet) {
        return fleet.uris().stream().map(URI::toString).toList();
    }
}
