package dev.warmlane.engines.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;

class LoadScraperIT {
    private static final ProbeTiming FAST = new ProbeTiming(
            Duration.ofMillis(20), Duration.ofMillis(500), Duration.ofSeconds(4), Duration.ofMillis(1), 8);
    private static final Duration MODELS_INTERVAL = Duration.ofMillis(40);
    private static final int MAX_METRICS_BYTES = 100_000;
    private static final String METRICS = """
            vllm:prefix_cache_queries_total{engine="0"} 100
            vllm:prefix_cache_hits_total{engine="0"} 60
            """;

    private final EndpointPool pool = new EndpointPool("default");
    private final List<AutoCloseable> opened = new ArrayList<>();
    private LoadScraper scraper = scraper(patient(8), null);

    @AfterEach
    void closeEverything() throws Exception {
        for (AutoCloseable resource : opened) {
            resource.close();
        }
    }

    @Test
    void reportsMetricsModelsAndVersionOfEveryEndpointWhateverItsState() throws IOException {
        String newest;
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/vllm/metrics-newest.prom"))) {
            newest = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        EngineServer server = open(EngineServer.serving(newest));
        pool.replace(List.of(
                server.endpoint("a"),
                server.endpoint("b", EndpointState.UNREADY),
                server.endpoint("c", EndpointState.DRAINING)));
        scraper.start();

        for (String id : List.of("a", "b", "c")) {
            await().until(() -> report(id).version() != null);
            EndpointReport report = report(id);
            assertThat(report.prefixCache()).isEqualTo(new PrefixCacheCounters(1024, 512));
            assertThat(report.load().blocks()).isEqualTo(27_652);
            assertThat(report.models()).containsExactly(new ModelCard("m", false, "{\"id\":\"m\"}"));
            assertThat(report.version()).isEqualTo("0.10.0");
            assertThat(report.error()).isNull();
            assertThat(report.age(System.nanoTime())).isNotNull();
        }
    }

    @Test
    void sendsTheKeyToTheModelsOnly() {
        scraper = scraper(patient(8), "secret");
        EngineServer server = open(EngineServer.serving(METRICS));
        pool.replace(List.of(server.endpoint("a")));
        scraper.start();

        await().until(() -> report("a").version() != null);
        assertThat(server.requests())
                .contains(
                        "/metrics accept=text/plain;version=0.0.4 authorization=null",
                        "/v1/models accept=*/* authorization=Bearer secret",
                        "/version accept=*/* authorization=null");
    }

    @Test
    void keepsOneConnectionToAnEndpoint() {
        EngineServer server = open(EngineServer.serving(METRICS));
        pool.replace(List.of(server.endpoint("a")));
        scraper.start();

        await().until(() -> server.requests().size() > 20);
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void connectsAnewToAHostWhoseNameMayLeadElsewhereByNow() {
        EngineServer server = open(EngineServer.serving(METRICS));
        URI byName = URI.create("http://localhost:" + server.endpoint("a").uri().getPort());
        pool.replace(List.of(new Endpoint(new EndpointId("a"), "a", byName, EndpointState.READY)));
        scraper.start();

        await().until(() -> server.connections() > 3);
        assertThat(report("a").error()).isNull();
    }

    @Test
    void failsNoScrapeForAConnectionThatItsServerClosesAsTheRequestComes() {
        AtomicInteger scrapes = new AtomicInteger();
        EngineServer server = open(new EngineServer((request, response) -> {
            if (scrapes.incrementAndGet() % 3 == 0) {
                response.withConnection(Connection::dispose);
                return Mono.never();
            }
            return response.sendString(Mono.just(METRICS));
        }));
        pool.replace(List.of(server.endpoint("a")));
        List<String> errors = new CopyOnWriteArrayList<>();
        scraper.onRound(() -> {
            if (report("a").error() != null) {
                errors.add(report("a").error());
            }
        });
        scraper.start();

        await().until(() -> server.connections() > 5);
        assertThat(errors).isEmpty();
    }

    @Test
    void asksForTheVersionAgainOnlyWhenScrapesHaveFailed() {
        EngineServer server = open(EngineServer.serving(METRICS));
        pool.replace(List.of(server.endpoint("a")));
        scraper.start();
        await().until(() -> server.requests("/v1/models") > 3);
        assertThat(server.requests("/version")).isEqualTo(1);

        server.answer((request, response) -> response.status(500).send());
        awaitError("a", "HTTP 500");
        server.answer((request, response) -> response.sendString(Mono.just(METRICS)));

        await().until(() -> server.requests("/version") > 1);
    }

    @Test
    void aServerOfTwoEnginesIsTwoEndpointsThatAreAskedOnce() {
        String engine =
                "vllm:prefix_cache_queries_total{engine=\"%1$d\"} %2$d\nvllm:prefix_cache_hits_total{engine=\"%1$d\"} 1\n";
        String metrics = engine.formatted(0, 100) + engine.formatted(1, 200);
        EngineServer server = open(EngineServer.serving(metrics).version("0.26.0"));
        EngineServer old = open(EngineServer.serving(metrics).version("0.11.0"));
        pool.replace(List.of(server.endpoint("a"), old.endpoint("old")));
        scraper.start();

        await().until(() -> pool.snapshot().endpoints().size() == 3);
        assertThat(report("a#0").prefixCache()).isEqualTo(new PrefixCacheCounters(100, 1));
        assertThat(report("a#1").prefixCache()).isEqualTo(new PrefixCacheCounters(200, 1));
        assertThat(report("a#1").models()).hasSize(1);
        int before = server.requests().size();
        await().until(() ->
                server.requests().size() > before + 3 && report("old").version() != null);
        assertThat(server.connections()).isEqualTo(1);
        assertThat(pool.snapshot().endpoints())
                .as("a vLLM that does not read the header balances its ranks itself")
                .extracting(Endpoint::name)
                .containsExactly("a#0", "a#1", "old");
        server.answer((request, response) -> response.sendString(Mono.just(engine.formatted(0, 1))));
        await().until(() -> pool.snapshot().endpoints().size() == 2);
        assertThat(report("a").prefixCache()).isEqualTo(new PrefixCacheCounters(1, 1));
    }

    @Test
    void asksAnEndpointWithNothingToDoEverySecondIntervalUntilItGetsARequest() {
        String load =
                METRICS + "vllm:num_requests_running{engine=\"0\"} %d\nvllm:num_requests_waiting{engine=\"0\"} 0\n";
        EngineServer busy = open(EngineServer.serving(load.formatted(1)));
        EngineServer idle = open(EngineServer.serving(load.formatted(0)));
        pool.replace(List.of(busy.endpoint("busy"), idle.endpoint("idle")));
        InFlight inFlight = new InFlight();
        Pools pools = new PoolBuilder(pool).inFlight(inFlight).alone();
        AtomicLong now = new AtomicLong(System.nanoTime());
        scraper = open(new LoadScraper(patient(8), FAST.interval(), MAX_METRICS_BYTES, pools, now::get, new Random(1)));
        AtomicInteger rounds = new AtomicInteger();
        scraper.onRound(rounds::incrementAndGet);
        scraper.start();
        await().until(() -> report("busy").version() != null && report("idle").version() != null);

        now.addAndGet(FAST.interval().toNanos());
        await().until(() -> busy.requests("/metrics") == 2);
        int before = rounds.get();
        await().until(() -> rounds.get() > before + 3);
        assertThat(idle.requests("/metrics")).as("although its models are due").isEqualTo(1);

        now.addAndGet(FAST.interval().toNanos());
        await().until(() -> idle.requests("/v1/models") == 2 && busy.requests("/metrics") == 3);

        now.addAndGet(1);
        scraper.askForModels();
        now.addAndGet(FAST.interval().toNanos());
        await().until(() -> idle.requests("/metrics") == 3 && idle.requests("/v1/models") == 3);

        inFlight.open(new EndpointId("idle"), 10, 10);
        now.addAndGet(FAST.interval().toNanos());
        await().until(() -> idle.requests("/metrics") == 4);
    }

    @Test
    void givesUpAServerThatHangs() {
        EngineServer hanging = open(new EngineServer((request, response) -> Mono.never()));
        scraper = scraper(FAST, null);
        pool.replace(List.of(hanging.endpoint("a")));
        scraper.start();

        awaitError("a", "timeout");
        assertThat(report("a").metrics()).isNull();
    }

    @Test
    void goesOnWithTheOthersWhileOneHangsAndAsksThatOneOnce() {
        EngineServer hanging = open(new EngineServer((request, response) -> Mono.never()));
        EngineServer healthy = open(EngineServer.serving(METRICS));
        pool.replace(List.of(hanging.endpoint("hanging"), healthy.endpoint("healthy")));
        scraper.start();

        await().until(() -> healthy.requests().size() > 10);
        assertThat(hanging.requests()).hasSize(1);
        assertThat(report("healthy").error()).isNull();
    }

    @Test
    void keepsTheLastValuesOfAServerThatBeginsToFailAndRecoversWithIt() {
        EngineServer server = open(EngineServer.serving(METRICS));
        pool.replace(List.of(server.endpoint("a")));
        scraper.start();
        await().until(() -> report("a").prefixCache() != null);

        server.answer((request, response) -> response.status(500).send());
        awaitError("a", "HTTP 500");
        assertThat(report("a").prefixCache()).isEqualTo(new PrefixCacheCounters(100, 60));

        server.answer((request, response) -> response.sendString(Mono.just(METRICS.replace("100", "150"))));
        await().until(() -> report("a").error() == null);
        assertThat(report("a").prefixCache()).isEqualTo(new PrefixCacheCounters(150, 60));
        assertThat(report("a").windows().lastMinute()).isEqualTo(new PrefixCacheCounters(50, 0));
    }

    @Test
    void saysWhatIsWrongWithAnAnswerThatIsOfNoUse() {
        EngineServer garbage = open(EngineServer.serving("<html>It works!</html>"));
        EngineServer endless = open(new EngineServer((request, response) ->
                response.sendString(Flux.generate(sink -> sink.next("# and so on\n".repeat(1000))))));
        EngineServer broken = open(new EngineServer((request, response) ->
                response.sendString(Flux.concat(Mono.just(METRICS), Mono.error(new IOException("broken"))))));
        EngineServer moved =
                open(new EngineServer((request, response) -> response.sendRedirect("http://127.0.0.1:1/")));
        pool.replace(List.of(
                garbage.endpoint("garbage"),
                endless.endpoint("endless"),
                broken.endpoint("broken"),
                moved.endpoint("moved")));
        scraper.start();

        awaitError("garbage", "no vllm: metrics in 22 bytes");
        awaitError("endless", "more than 100000 bytes");
        awaitError("broken", "closed early");
        awaitError("moved", "HTTP 302");
    }

    @Test
    void saysThatNobodyListens() {
        scraper = scraper(FAST, null);
        pool.replace(List.of(
                Endpoint.ofUri(URI.create("http://127.0.0.1:1")),
                Endpoint.ofUri(URI.create("http://no-such-host.invalid:8000"))));
        scraper.start();

        awaitError("http://127.0.0.1:1", "connection refused");
        await().until(() -> report("http://no-such-host.invalid:8000").error() != null);
        assertThat(report("http://no-such-host.invalid:8000").error()).isIn("unknown host", "timeout");
    }

    @Test
    void forgetsAnEndpointThatIsGoneAndAsksANewOneAtItsAddressAfresh() {
        EngineServer server = open(EngineServer.serving(METRICS));
        pool.replace(List.of(server.endpoint("old-pod")));
        scraper.start();
        await().until(() -> report("old-pod").prefixCache() != null);

        pool.replace(List.of(server.endpoint("new-pod")));

        await().until(() -> report("old-pod") == EndpointReport.NONE);
        await().until(() -> report("new-pod").prefixCache() != null);
        assertThat(report("new-pod").windows()).isEqualTo(PrefixCacheWindows.NONE);
    }

    @Test
    void hasNoMoreScrapesInFlightThanItMay() {
        EngineServer hanging = open(new EngineServer((request, response) -> Mono.never()));
        scraper = scraper(patient(2), null);
        pool.replace(List.of(hanging.endpoint("a"), hanging.endpoint("b"), hanging.endpoint("c")));
        AtomicInteger rounds = new AtomicInteger();
        scraper.onRound(rounds::incrementAndGet);
        scraper.start();

        await().until(() -> hanging.requests().size() >= 2 && rounds.get() > 5);
        assertThat(hanging.requests()).hasSize(2);

        pool.replace(List.of(hanging.endpoint("c")));
        await().until(() -> hanging.requests().size() == 3);
    }

    @Test
    void tellsItsListenersOfEachRoundAlsoWhenOneFails() {
        AtomicInteger rounds = new AtomicInteger();
        scraper.onRound(() -> {
            throw new IllegalStateException("a listener's bug");
        });
        scraper.onRound(rounds::incrementAndGet);
        scraper.start();

        await().until(() -> rounds.get() > 1);
    }

    /** A busy machine is no server that hangs. */
    private static ProbeTiming patient(int maxConcurrent) {
        return new ProbeTiming(
                FAST.interval(), Duration.ofMinutes(1), FAST.keepAlive(), FAST.dnsRefresh(), maxConcurrent);
    }

    private LoadScraper scraper(ProbeTiming timing, String apiKey) {
        return open(new LoadScraper(
                timing,
                MODELS_INTERVAL,
                MAX_METRICS_BYTES,
                new PoolBuilder(pool).apiKey(apiKey).alone(),
                System::nanoTime,
                new Random(1)));
    }

    private void awaitError(String id, String error) {
        await().untilAsserted(() -> assertThat(report(id).error()).isEqualTo(error));
    }

    private EndpointReport report(String id) {
        return scraper.report(new EndpointId(id));
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.add(resource);
        return resource;
    }
}
