package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.app.GatewayApplication;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.engines.discovery.StaticDiscovery;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.tools.simulator.SimulatedFleet;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.io.DefaultResourceLoader;

/** A whole gateway on free ports, as it runs in production but for its settings and a class path that is remembered. */
public final class RunningGateway implements AutoCloseable {
    /** Off unless a test is about it: no test needs what is compiled, and all would wait for it. */
    static final String WARM_UP = "warmlane.warm-up=";

    static final String SLOW_START = "warmlane.health.slow-start=";

    /** For tests that are not about late checks: a busy machine makes an engine late, which must not send requests elsewhere. */
    private static final List<String> PATIENT_CHECKS =
            List.of("warmlane.health.timeout=20s", "warmlane.health.suspect-after=20s");

    private static volatile boolean longWay;

    /** Null once it is closed: test classes keep their gateways in static fields, and each is 8 MB that every collection walks. */
    private volatile ConfigurableApplicationContext context;

    private final int port;
    private final int managementPort;

    private RunningGateway(ConfigurableApplicationContext context) {
        this.context = context;
        this.port = context.getEnvironment().getProperty("local.server.port", Integer.class, 0);
        this.managementPort = context.getEnvironment().getProperty("local.management.port", Integer.class, 0);
    }

    /** Whether gateways that start from now on send all requests through all of Spring Cloud Gateway. */
    public static void takeLongWay(boolean taken) {
        longWay = taken;
    }

    /** @param settings as on the command line, without the dashes */
    public static RunningGateway start(String... settings) {
        return start(application(), settings);
    }

    /** A gateway with a filter of an operator's own, which every request of a route passes. */
    public static RunningGateway start(GlobalFilter filter, String... settings) {
        return start(withFilter(application(), filter), settings);
    }

    /** A gateway that watches Kubernetes through this client. */
    public static RunningGateway start(KubernetesClient client, String... settings) {
        SpringApplicationBuilder application = application()
                .initializers(context -> ((GenericApplicationContext) context)
                        .registerBean(
                                "testClient", KubernetesClient.class, () -> client, bean -> bean.setPrimary(true)));
        return start(application, settings);
    }

    private static SpringApplicationBuilder application() {
        return new SpringApplicationBuilder(
                new DefaultResourceLoader(RememberedClassPath.INSTANCE), GatewayApplication.class);
    }

    private static SpringApplicationBuilder withFilter(SpringApplicationBuilder application, GlobalFilter filter) {
        return application.initializers(context ->
                ((GenericApplicationContext) context).registerBean("testFilter", GlobalFilter.class, () -> filter));
    }

    private static RunningGateway start(SpringApplicationBuilder application, String... settings) {
        if (longWay) {
            withFilter(application, (exchange, chain) -> chain.filter(exchange));
        }
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--management.server.port=0",
                "--management.server.address=127.0.0.1"));
        if (Stream.of(settings).noneMatch(setting -> setting.startsWith(WARM_UP))) {
            arguments.add("--" + WARM_UP + "0s");
        }
        for (String patient : PATIENT_CHECKS) {
            String name = patient.substring(0, patient.indexOf('=') + 1);
            if (Stream.of(settings).noneMatch(setting -> setting.startsWith(name))) {
                arguments.add("--" + patient);
            }
        }
        for (String setting : settings) {
            arguments.add("--" + setting);
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(RememberedClassPath.INSTANCE);
        try {
            return new RunningGateway(application.run(arguments.toArray(new String[0])));
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    public static RunningGateway inFrontOf(SimulatedFleet fleet, String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("warmlane.endpoints=" + fleet.uris().stream().map(URI::toString).collect(Collectors.joining(",")));
        return start(all.toArray(new String[0]));
    }

    /** Waits until the gateway would be sent traffic. */
    public RunningGateway ready() {
        await().until(() ->
                Wire.statusOf(managementPort, "GET /actuator/health/readiness HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
        return this;
    }

    /** Returns when the gateway has seen the engine's models. */
    public static RunningGateway inFrontOf(HandDrivenEngine engine, String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("warmlane.endpoints=" + engine.uri());
        RunningGateway gateway = start(all.toArray(new String[0]));
        await().untilAsserted(
                        () -> assertThat(Wire.exchange(gateway.port(), "GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n")
                                        .text())
                                .contains("\"m\""));
        return gateway;
    }

    /**
     * Pool "default" has these endpoints alone from now on, as where they are discovered; returns when each is ready and has said
     * what it is.
     */
    public void replaceEndpoints(List<String> endpoints) {
        replaceEndpoints("default", endpoints);
    }

    /** Does the same to a pool of another name. */
    public void replaceEndpoints(String pool, List<String> endpoints) {
        List<Endpoint> listed = StaticDiscovery.endpoints(endpoints);
        EndpointPool replaced = bean(Pools.class).get(pool).endpoints();
        replaced.replace(listed);
        LoadScraper reports = bean(LoadScraper.class);
        await().untilAsserted(() -> {
            assertThat(replaced.snapshot().endpoints())
                    .hasSizeGreaterThanOrEqualTo(listed.size())
                    .allSatisfy(endpoint -> assertThat(endpoint.state()).isEqualTo(EndpointState.READY));
            assertThat(listed).allSatisfy(server -> {
                EndpointReport report = reports.report(server.id());
                assertThat(report.modelsAnswered()).isTrue();
                assertThat(report.scrapedAtNanos()).isNotNull();
                assertThat(bean(ServedModels.class).catalog().models(pool))
                        .containsAll(report.models().stream().map(ModelCard::id).toList());
            });
        });
    }

    /** Makes the gateway say that it takes requests, or that it does not. */
    public void readiness(ReadinessState state) {
        AvailabilityChangeEvent.publish(context, state);
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    public URI management(String path) {
        return URI.create("http://127.0.0.1:" + managementPort + path);
    }

    public int port() {
        return port;
    }

    public Router router() {
        return context.getBean(Pools.class).get("default").router();
    }

    /** Requests in flight at all endpoints, whether they are still listed or not. */
    public int inFlight() {
        return router().pool().snapshot().endpoints().stream()
                .mapToInt(endpoint -> router().inFlight().requests(endpoint.id()))
                .sum();
    }

    /** Requests that wait for an endpoint. */
    public int queued() {
        return context.getBean(Pools.class).get("default").queue().waiting();
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    @Override
    public void close() {
        ConfigurableApplicationContext closed = context;
        if (closed != null) {
            closed.close();
            context = null;
        }
    }
}
