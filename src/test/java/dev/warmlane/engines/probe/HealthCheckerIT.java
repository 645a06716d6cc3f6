package dev.warmlane.engines.probe;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.core.health.HealthRules;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HealthCheckerIT {
    private static final HealthRules RULES = new HealthRules(
            true,
            5,
            0.8,
            5,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(300),
            Duration.ofSeconds(30),
            3,
            2,
            Duration.ZERO);

    private final EndpointPool pool = new EndpointPool("p");
    private final PoolHealth health = new PoolHealth(pool, RULES, System::nanoTime);
    private final SimulatedServer well = SimulatedServer.start(ServerOptions.DEFAULTS);
    private final List<Closeable> silent = new ArrayList<>();
    private final Set<EndpointId> atRest = ConcurrentHashMap.newKeySet();
    private @Nullable HealthChecker checker;

    @AfterEach
    void stop() throws IOException {
        if (checker != null) {
            checker.close();
        }
        well.close();
        for (Closeable socket : silent) {
            socket.close();
        }
    }

    @Test
    void findsServersThatAcceptAndNeverAnswerWithoutHoldingUpTheOthers() throws IOException {
        List<Endpoint> endpoints = new ArrayList<>(List.of(Endpoint.ofUri(well.uri())));
        for (int i = 0; i < 3; i++) {
            ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            silent.add(socket);
            endpoints.add(Endpoint.ofUri(URI.create("http://127.0.0.1:" + socket.getLocalPort())));
        }
        pool.replace(endpoints);
        start(Duration.ofMillis(50), Duration.ofMillis(100), 2);

        await().until(() -> endpoints.stream().filter(this::isOut).count() == 3);
        assertThat(isOut(endpoints.get(0))).isFalse();
        assertThat(health.of(endpoints.get(1).id())).isInstanceOfSatisfying(Ejected.class, out -> {
            assertThat(out.reason()).isEqualTo(EjectionReason.HEALTH_CHECK);
            assertThat(out.cacheLost()).as("a server that is only slow").isFalse();
        });
    }

    @Test
    void blamesNobodyForWhatIsLateBecauseItRunsLateItself() throws IOException {
        ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        silent.add(socket);
        Endpoint endpoint = Endpoint.ofUri(URI.create("http://127.0.0.1:" + socket.getLocalPort()));
        Endpoint other = Endpoint.ofUri(well.uri());
        pool.replace(List.of(endpoint, other));
        socket.setSoTimeout(60_000);
        // As if the thread did not run for a second between any two looks at the clock.
        AtomicLong starved = new AtomicLong();
        start(
                Duration.ofMillis(20),
                Duration.ofMillis(50),
                64,
                () -> starved.addAndGet(Duration.ofSeconds(1).toNanos()),
                new SplittableRandom(1));

        for (int checks = 0; checks < 10; checks++) {
            silent.add(socket.accept());
        }

        assertThat(isOut(endpoint)).isFalse();
        assertThat(pool.snapshot().find(endpoint.id()).state()).isEqualTo(EndpointState.READY);
    }

    @Test
    void putsAServerOnProbationWhoseCheckPassesAgain() {
        Endpoint endpoint = Endpoint.ofUri(well.uri());
        pool.replace(List.of(endpoint));
        start(Duration.ofMillis(20), Duration.ofSeconds(2), 64);
        well.faults(Faults.builder().unhealthy(true).build());
        await().until(() -> isOut(endpoint));
        well.faults(Faults.NONE);
        await().until(() -> health.of(endpoint.id()) instanceof Probation);
    }

    @Test
    void checksOnWhereSomebodyFailsWhoIsToldOfIt() {
        Endpoint endpoint = Endpoint.ofUri(well.uri());
        pool.replace(List.of(endpoint));
        health.addListener(new HealthListener() {
            @Override
            public void changed(Endpoint of, EndpointHealth before, EndpointHealth now) {
                throw new IllegalStateException("told of " + now);
            }
        });
        start(Duration.ofMillis(20), Duration.ofSeconds(2), 1);
        well.faults(Faults.builder().unhealthy(true).build());
        await().until(() -> isOut(endpoint));
        well.faults(Faults.NONE);
        await().until(() -> health.of(endpoint.id()) instanceof Probation);
    }

    @Test
    void looksAtOnceWhetherAServerIsStillThereThatRequestsHaveEjected() {
        Endpoint gone = Endpoint.ofUri(well.uri());
        Endpoint other = Endpoint.ofUri(URI.create("http://127.0.0.1:1"));
        pool.replace(List.of(gone, other));
        start(Duration.ofHours(1), Duration.ofSeconds(2), 64);
        well.stop();

        for (int i = 0; i < 5; i++) {
            health.failed(gone, FailureCause.RESET);
        }

        await().until(() -> health.of(gone.id()).cacheLost());
        // The snapshot follows a moment later.
        await().untilAsserted(() ->
                assertThat(pool.snapshot().find(gone.id()).state()).isEqualTo(EndpointState.EJECTED));
    }

    @Test
    void looksAgainAtAnEjectedServerWhoseListenerWasJustClosing() throws Exception {
        ServerSocket closing = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        silent.add(closing);
        Endpoint gone = Endpoint.ofUri(URI.create("http://127.0.0.1:" + closing.getLocalPort()));
        pool.replace(List.of(gone, Endpoint.ofUri(well.uri())));
        start(Duration.ofHours(1), Duration.ofSeconds(30), 64);

        for (int i = 0; i < 5; i++) {
            health.failed(gone, FailureCause.RESET);
        }
        // The first look gets no response, the next one finds nobody.
        try (Socket first = closing.accept()) {
            closing.close();
            BufferedReader request = new BufferedReader(new InputStreamReader(first.getInputStream(), US_ASCII));
            await().until(() -> request.readLine().isEmpty());
        }

        await().until(() -> health.of(gone.id()).cacheLost());
    }

    @Test
    void checksAServerWithNothingToDoEverySecondIntervalUnlessItFails() {
        EngineServer busy = EngineServer.serving("");
        EngineServer idle = EngineServer.serving("");
        silent.add(busy::close);
        silent.add(idle::close);
        pool.replace(List.of(busy.endpoint("busy"), idle.endpoint("idle")));
        atRest.add(new EndpointId("idle"));
        AtomicLong now = new AtomicLong(System.nanoTime());
        Duration interval = Duration.ofSeconds(5);
        start(interval, Duration.ofSeconds(30), 64, now::get, () -> 0);
        await().until(() -> busy.requests("/health") == 1);
        assertThat(idle.requests("/health")).isZero();

        now.addAndGet(interval.toNanos());
        await().until(() -> busy.requests("/health") == 2 && idle.requests("/health") == 1);

        now.addAndGet(interval.toNanos());
        await().until(() -> busy.requests("/health") == 3);
        assertThat(idle.requests("/health")).isEqualTo(1);

        idle.health(500);
        now.addAndGet(interval.toNanos());
        await().until(() -> idle.requests("/health") == 2);
        now.addAndGet(interval.toNanos());
        await().until(() -> idle.requests("/health") == 3);
    }

    private void start(Duration interval, Duration timeout, int maxConcurrent) {
        start(interval, timeout, maxConcurrent, System::nanoTime, new SplittableRandom(1));
    }

    private void start(
            Duration interval, Duration timeout, int maxConcurrent, LongSupplier clock, RandomGenerator random) {
        ProbeTiming timing =
                new ProbeTiming(interval, timeout, Duration.ofSeconds(4), Duration.ofSeconds(30), maxConcurrent);
        checker = new HealthChecker(
                true,
                timing,
                timeout.dividedBy(2),
                new PoolBuilder(pool).health(health).alone(),
                atRest::contains,
                clock,
                random);
        checker.start();
    }

    private boolean isOut(Endpoint endpoint) {
        return health.of(endpoint.id()) instanceof Ejected;
    }
}
