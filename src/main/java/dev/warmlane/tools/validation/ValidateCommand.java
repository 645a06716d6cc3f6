package dev.warmlane.tools.validation;

import dev.warmlane.tools.Arguments;
import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.validation.Management.CannotRunException;
import dev.warmlane.tools.validation.Validation.Progress;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code validate} command: exit code 0 if a running gateway meets its targets, 1 if not, 2 if it cannot be told. */
@Command(
        name = "validate",
        description = "Drives a running gateway and checks hit ratio and stickiness by the pods' own counters.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        usageHelpAutoWidth = true,
        footer = {
            "",
            "Exit code: 0 all targets met; 1 a target missed, or a setup whose result would",
            "mean nothing; 2 wrong usage, or nothing there to measure. Progress goes to the",
            "standard error, the report to the standard output. Example:",
            "  validate --gateway http://localhost:8080 --management http://localhost:8081"
        })
public final class ValidateCommand implements Callable<Integer> {
    private static final int MISSED = 1;
    private static final int CANNOT_RUN = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--gateway",
            defaultValue = "http://localhost:8080",
            description = "URL of the public port%n(default: ${DEFAULT-VALUE}).")
    private URI gateway = URI.create("");

    @Option(
            names = "--management",
            defaultValue = "http://localhost:8081",
            description = "URL of the management port%n(default: ${DEFAULT-VALUE}).")
    private URI management = URI.create("");

    @Option(names = "--model", description = "Model to ask (default: the first that the only pool serves).")
    private @Nullable String model;

    @Option(
            names = "--api-key-file",
            description = "File with the key that requests bear (default: the environment's " + ApiKey.VARIABLE + ").")
    private @Nullable Path apiKeyFile;

    @Option(
            names = "--management-key-file",
            description = "File with the key of the management port (default: the environment's "
                    + ApiKey.MANAGEMENT_VARIABLE + ").")
    private @Nullable Path managementKeyFile;

    @Option(
            names = "--session-header",
            defaultValue = "x-session-id",
            description = "Header with the session's id (default: ${DEFAULT-VALUE}).")
    private String sessionHeader = "";

    @Option(
            names = "--timeout",
            defaultValue = "120",
            description = "Seconds that a response may take to its end, 1..3600 (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds;

    @Option(
            names = "--allow-other-traffic",
            description =
                    "Measure a gateway that others use: by the responses' cached tokens, because counters count theirs too.")
    private boolean allowOtherTraffic;

    @Option(
            names = "--format",
            defaultValue = "table",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private ReportFormat format = ReportFormat.TABLE;

    @ArgGroup(validate = false, heading = "%nWhat is sent:%n")
    private Talk talk = new Talk();

    @ArgGroup(validate = false, heading = "%nWhat must be reached:%n")
    private Targets targets = new Targets();

    @Override
    public Integer call() throws InterruptedException {
        Progress progress = new Progress(System.err, CommandLine.Help.Ansi.AUTO.enabled());
        try {
            Validation validation = Arguments.named(spec, () -> validation(progress));
            Report report = validation.run(model);
            progress.done();
            spec.commandLine().getOut().print(format.write(report));
            spec.commandLine().getOut().flush();
            return report.passed() ? CommandLine.ExitCode.OK : MISSED;
        } catch (CannotRunException e) {
            progress.done();
            spec.commandLine().getErr().println(e.getMessage());
            return CANNOT_RUN;
        }
    }

    private Validation validation(Progress progress) {
        WrongArgumentException.check(
                timeoutSeconds >= 1 && timeoutSeconds <= 3600, "timeout", timeoutSeconds, "1..3600");
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
        byte[] run = new byte[4];
        new SecureRandom().nextBytes(run);
        return new Validation(
                new Management(
                        http,
                        base("management", management),
                        ApiKey.readForManagement(managementKeyFile, System.getenv(ApiKey.MANAGEMENT_VARIABLE))),
                new Chat(
                        http,
                        base("gateway", gateway),
                        sessionHeader,
                        ApiKey.read(apiKeyFile, System.getenv(ApiKey.VARIABLE)),
                        Duration.ofSeconds(timeoutSeconds)),
                talk.checked(),
                targets.checked(),
                !allowOtherTraffic,
                HexFormat.of().formatHex(run),
                progress);
    }

    /** A base URL, which may have a path of its own, without a slash at its end. */
    private static String base(String option, URI url) {
        boolean isHttp = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        boolean isBase = isHttp && url.getHost() != null && url.getUserInfo() == null && url.getQuery() == null;
        WrongArgumentException.check(isBase, option, url, "http://host:port");
        return url.toString().replaceAll("/+$", "");
    }

    /** Where the gateway's key comes from: never from the command line, which every user of a machine can read. */
    static final class ApiKey {
        static final String VARIABLE = "WARMLANE_API_KEY";

        /** That of the gateway's own setting, so that both can be given at once. */
        static final String MANAGEMENT_VARIABLE = "WARMLANE_MANAGEMENT_KEY";

        private ApiKey() {}

        /** The key for requests. */
        static @Nullable String read(@Nullable Path file, @Nullable String variable) {
            return read(file, "api-key-file", variable, VARIABLE);
        }

        /** The key for the management port. */
        static @Nullable String readForManagement(@Nullable Path file, @Nullable String variable) {
            return read(file, "management-key-file", variable, MANAGEMENT_VARIABLE);
        }

        /**
         * The key in the file, else the variable's; null without either.
         *
         * @throws IllegalArgumentException if the file cannot be read or the key could not be a header's value
         */
        private static @Nullable String read(
                @Nullable Path file, String option, @Nullable String variable, String variableName) {
            String key;
            try {
                key = file == null ? variable : Files.readString(file).strip();
            } catch (IOException e) {
                throw WrongArgumentException.of(option, file, "a file that can be read");
            }
            if (key != null && !key.matches("[\\x21-\\x7e]+")) {
                String length = key.length() + " characters";
                throw WrongArgumentException.of(
                        file == null ? variableName : option, length, "one line of visible ASCII");
            }
            return key;
        }
    }
}
