package dev.warmlane.gateway;

import dev.warmlane.drain.Drain;
import dev.warmlane.drain.TerminationSignals;
import java.util.ArrayList;
import java.util.List;
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

    @Unmatched
    private final List<String> settings = new ArrayList<>();

    @Override
    public Integer call() {
        try {
            ConfigurableApplicationContext context =
                    new SpringApplication(GatewayApplication.class).run(settings.toArray(new String[0]));
            TerminationSignals.handle(() -> System.exit(drainAndClose(context)));
            return 0;
        } catch (RuntimeException e) {
            // Spring Boot has said why already.
            return 1;
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
