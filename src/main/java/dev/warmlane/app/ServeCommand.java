package dev.warmlane.app;

import dev.warmlane.proxy.drain.Drain;
import dev.warmlane.proxy.drain.TerminationSignals;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Starts the gateway. */
@Command(
        name = ServeCommand.NAME,
        mixinStandardHelpOptions = true,
        description = {
            "The gateway: port 8080, management on 8081.",
            "Every setting can be given as --name=value, such as --warmlane.endpoints=http://10.0.0.1:8000."
        })
public final class ServeCommand implements Callable<Integer> {
    /** The name of the command. */
    public static final String NAME = "serve";

    /** Keeps Spring Cloud from asking the DNS for the name of our own address, for up to a second, at every start. */
    private static final Map<String, Object> NO_HOST_NAME = Map.of("spring.cloud.inetutils.ignored-interfaces", ".*");

    /** How many event loops there are; Reactor Netty reads it once. */
    private static final String EVENT_LOOPS = "reactor.netty.ioWorkerCount";

    @Unmatched
    private final List<String> settings = new ArrayList<>();

    @Override
    public Integer call() {
        return start(settings);
    }

    /**
     * Starts the gateway; it goes on in its own threads.
     *
     * @param settings such as --warmlane.endpoints=http://10.0.0.1:8000
     * @return 0, or 1 if it could not be started; it has said why
     */
    public static int start(List<String> settings) {
        oneEventLoopForEachCore();
        try {
            SpringApplication application = new SpringApplication(GatewayApplication.class);
            application.setDefaultProperties(NO_HOST_NAME);
            ConfigurableApplicationContext context = application.run(settings.toArray(new String[0]));
            TerminationSignals.handle(() -> System.exit(drainAndClose(context)));
            return 0;
        } catch (RuntimeException e) {
            // Spring Boot has said why already.
            return 1;
        }
    }

    /** Reactor Netty makes four at least: on fewer cores they only hand requests to each other. Whoever has set it knows why. */
    private static void oneEventLoopForEachCore() {
        if (System.getProperty(EVENT_LOOPS) == null) {
            System.setProperty(
                    EVENT_LOOPS, Integer.toString(Runtime.getRuntime().availableProcessors()));
        }
    }

    private static int drainAndClose(ConfigurableApplicationContext context) {
        try (context) {
            return context.getBean(Drain.class).run() ? 0 : TerminationSignals.TERMINATED;
        } catch (InterruptedException e) {
            return TerminationSignals.TERMINATED;
        }
    }
}
