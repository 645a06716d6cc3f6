package dev.warmlane.app;

import ch.qos.logback.classic.Logger;
import dev.warmlane.ops.heap.OldGeneration;
import dev.warmlane.proxy.http.Drain;
import dev.warmlane.proxy.http.Drain.TerminationSignals;
import dev.warmlane.settings.GivenSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings;
import dev.warmlane.settings.WarmlaneSettings.DrainSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.event.ApplicationFailedEvent;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** Starts the gateway. */
@Command(
        name = ServeCommand.NAME,
        mixinStandardHelpOptions = true,
        customSynopsis = {"warmlane serve [--check] [--name=value ...]"},
        description = {
            "The gateway: port 8080, management and dashboard on 8081.",
            "Every setting of docs/settings.md can be given as --name=value."
        },
        footer = {
            "",
            "The settings that are used most:",
            "  --warmlane.endpoints=http://10.0.0.1:8000,http://10.0.0.2:8000",
            "  --warmlane.pools[0].name=chat --warmlane.pools[0].kubernetes.service=vllm",
            "  --warmlane.routing.policy=sticky        (expected-cost, consistent-hash...)",
            "  --warmlane.affinity.session.headers=x-session-id",
            "  --warmlane.queue.max-requests-per-endpoint=256",
            "  --warmlane.auth.keys-file=/etc/warmlane/keys.yaml",
            "  --warmlane.cluster.service=warmlane-cluster",
            "  --warmlane.cluster.secret-file=/etc/warmlane/secret",
            "  --warmlane.access-log.target=stdout",
            "  --server.port=8080 --management.server.port=8081",
            "  --logging.structured.format.console=ecs (JSON lines)"
        })
public final class ServeCommand implements Callable<Integer> {
    private static final org.slf4j.Logger log = LoggerFactory.getLogger(ServeCommand.class);

    /** The name of the command. */
    public static final String NAME = "serve";

    /** Keeps Spring Cloud from asking the DNS for the name of our own address, for up to a second, at every start. */
    private static final Map<String, Object> NO_HOST_NAME = Map.of("spring.cloud.inetutils.ignored-interfaces", ".*");

    /** Exit code of what cannot be understood, as of the other commands. */
    private static final int INVALID = 2;

    private static final int FAILED = 1;

    private static final Map<String, Object> UNKNOWN_PORTS = Map.of(
            "server.port",
            0,
            "server.address",
            "127.0.0.1",
            "management.server.port",
            0,
            "management.server.address",
            "127.0.0.1");

    /** How many event loops there are; Reactor Netty reads it once. */
    static final String EVENT_LOOPS = "reactor.netty.ioWorkerCount";

    /** How many event loops do nothing but accept connections; Reactor Netty reads it once. */
    static final String ACCEPT_LOOPS = "reactor.netty.ioSelectCount";

    /** How many buffers are followed to find those that are lost; Netty reads it once. */
    static final String LEAK_DETECTION = "io.netty.leakDetection.level";

    /** What Netty called it before, and still reads. */
    private static final String LEAK_DETECTION_BEFORE = "io.netty.leakDetectionLevel";

    /** Whether clients are refused that want another handshake on a connection of TLS 1.2; Java reads it once. */
    static final String NO_RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

    /** What a TLS handshake may take where nothing else limits it, in milliseconds; Reactor Netty reads it once. */
    static final String HANDSHAKE_TIMEOUT = "reactor.netty.tcp.sslHandshakeTimeout";

    /** Checks and exits. */
    public static final String CHECK = "--check";

    @Option(
            names = CHECK,
            description = "Check settings, routes, policy, keys and certificates, and exit: 0 if all are valid.")
    private boolean check;

    @Unmatched
    private final List<String> settings = new ArrayList<>();

    @Override
    public Integer call() {
        List<String> all = new ArrayList<>(settings);
        if (check) {
            all.add(CHECK);
        }
        return start(all);
    }

    /**
     * Starts the gateway; it goes on in its own threads.
     *
     * @param settings such as --warmlane.endpoints=http://10.0.0.1:8000
     * @return 0, or 1 if it could not be started; it has said why
     */
    public static int start(List<String> settings) {
        List<String> given = new ArrayList<>(settings);
        boolean checks = given.removeIf(CHECK::equals);
        try {
            GivenSettings.check(given);
        } catch (InvalidSettingException e) {
            System.err.println(e.getMessage());
            System.err.println("See warmlane serve --help");
            return INVALID;
        }
        setDefaults(System.getProperties());
        LastResort failing = new LastResort();
        try {
            SpringApplication application = new SpringApplication(GatewayApplication.class);
            application.setDefaultProperties(NO_HOST_NAME);
            if (checks) {
                return check(application, given);
            }
            application.addListeners((ApplicationListener<ApplicationReadyEvent>) ready -> OldGeneration.watch());
            application.addListeners((ApplicationListener<ApplicationFailedEvent>) failed -> failing.begin(FAILED));
            ConfigurableApplicationContext context = application.run(given.toArray(new String[0]));
            Runnable lastLines = BackgroundLog.takeOver((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME));
            TerminationSignals.handle(() -> drainAndExit(context, lastLines), lastLines);
            return 0;
        } catch (RuntimeException e) {
            // Spring Boot has said why already.
            return FAILED;
        } finally {
            failing.cancel();
        }
    }

    /** Makes everything on ports that nobody knows, and ends before anything is asked or served. */
    private static int check(SpringApplication application, List<String> given) {
        // Not as arguments: beside one that is given, a second makes a list.
        application.addInitializers(context -> {
            ConfigurableEnvironment environment = context.getEnvironment();
            environment.getPropertySources().addFirst(new MapPropertySource("check", UNKNOWN_PORTS));
        });
        AtomicBoolean closed = new AtomicBoolean(true);
        application.addListeners((ApplicationListener<ApplicationStartedEvent>) made -> {
            closed.set(close(made.getApplicationContext()));
            throw new SpringApplication.AbandonedRunException();
        });
        try {
            application.run(given.toArray(new String[0]));
        } catch (SpringApplication.AbandonedRunException valid) {
            System.out.println("The configuration is valid.");
        }
        if (!closed.get()) {
            // An exit would wait for what does not end.
            System.out.flush();
            Runtime.getRuntime().halt(0);
        }
        return 0;
    }

    /**
     * What Netty and Java's TLS are to do where nobody has said otherwise: who has knows why.
     *
     * @param system properties of the JVM, before they read them
     */
    static void setDefaults(Properties system) {
        // Reactor Netty makes four at least: on fewer cores they only hand requests to each other.
        system.putIfAbsent(EVENT_LOOPS, Integer.toString(Runtime.getRuntime().availableProcessors()));
        // Else those that serve accept one connection in each of their rounds, which are long while many clients shake
        // hands.
        system.putIfAbsent(ACCEPT_LOOPS, "1");
        // Else it takes a stack trace at each step of one buffer in 128. The tests follow every one.
        if (!system.containsKey(LEAK_DETECTION_BEFORE)) {
            system.putIfAbsent(LEAK_DETECTION, "disabled");
        }
        // A client of TLS 1.2 could have handshakes done without end, which cost the gateway more than the client.
        system.putIfAbsent(NO_RENEGOTIATION, "true");
        // Settings limit every handshake; this would end those that may take longer than ten seconds.
        system.putIfAbsent(HANDSHAKE_TIMEOUT, "0");
    }

    private static void drainAndExit(ConfigurableApplicationContext context, Runnable lastLines) {
        int code = drain(context);
        if (close(context)) {
            System.exit(code);
        }
        // An exit would wait for what does not end.
        lastLines.run();
        Runtime.getRuntime().halt(code);
    }

    /** The exit code. Whatever fails, as a listener of an operator's own may: nobody is served any more, so the process has to end. */
    private static int drain(ConfigurableApplicationContext context) {
        try {
            return context.getBean(Drain.class).run() ? 0 : TerminationSignals.TERMINATED;
        } catch (InterruptedException e) {
            return TerminationSignals.TERMINATED;
        } catch (RuntimeException | Error e) {
            log.error("the drain has failed; ends without waiting for requests", e);
            return TerminationSignals.TERMINATED;
        }
    }

    private static boolean close(ConfigurableApplicationContext context) {
        DrainSettings drain = context.getBean(WarmlaneSettings.class).drain();
        try {
            return BoundedClose.run(context::close, drain.farewell().plus(drain.close()));
        } catch (InterruptedException e) {
            return false;
        }
    }
}
