package dev.warmlane.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.json.JsonParseException;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import reactor.netty.ChannelBindException;

/**
 * Failures of the start that are not about one setting and that operators can mend without a stack trace: files that cannot be
 * read, addresses that cannot be used.
 */
final class StartFailures {
    private StartFailures() {}

    private static FailureAnalysis analysis(String problem, Throwable cause) {
        return new FailureAnalysis(problem, "Correct it and start again.", cause);
    }

    /** A settings file is not YAML. */
    static final class NoYaml extends AbstractFailureAnalyzer<YAMLException> {
        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, YAMLException cause) {
            return analysis("%s: %s (expected: YAML)".formatted(file(cause), problem(cause)), cause);
        }

        private static String problem(YAMLException cause) {
            if (cause instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
                return "line %d, column %d: %s"
                        .formatted(
                                marked.getProblemMark().getLine() + 1,
                                marked.getProblemMark().getColumn() + 1,
                                marked.getProblem());
            }
            return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        }

        /** The exception does not say which: the one that fails in the same way, where Spring Boot and the gateway look by themselves. */
        private static String file(YAMLException cause) {
            Path config = Path.of("config");
            Stream<Path> directories = Stream.concat(
                    Stream.of(Path.of(""), config, Path.of("gateway")),
                    in(config).stream().filter(Files::isDirectory));
            return directories
                    .flatMap(directory -> in(directory).stream())
                    .filter(NoYaml::isSettings)
                    .filter(file -> failsAlike(file, cause))
                    .map(Path::toString)
                    .findFirst()
                    .orElse("a file of settings");
        }

        private static List<Path> in(Path directory) {
            try (Stream<Path> files = Files.list(directory)) {
                return files.toList();
            } catch (IOException | UncheckedIOException e) {
                return List.of();
            }
        }

        private static boolean isSettings(Path file) {
            return file.toString().matches("(config/([^/]+/)?)?application(-[^/]+)?\\.ya?ml|gateway/routes\\.yaml");
        }

        private static boolean failsAlike(Path file, YAMLException cause) {
            try (InputStream in = Files.newInputStream(file)) {
                LoaderOptions options = new LoaderOptions();
                options.setAllowDuplicateKeys(false);
                new Yaml(new SafeConstructor(options)).loadAll(in).forEach(document -> {});
                return false;
            } catch (YAMLException e) {
                return problem(e).equals(problem(cause));
            } catch (IOException e) {
                return false;
            }
        }
    }

    /** SPRING_APPLICATION_JSON is not JSON. */
    static final class NoJson extends AbstractFailureAnalyzer<JsonParseException> {
        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, JsonParseException cause) {
            return analysis("SPRING_APPLICATION_JSON: no JSON (expected: one object)", cause);
        }
    }

    /** A source of settings that Spring Boot cannot read: its readers throw this for nothing else. */
    static final class NoSource extends AbstractFailureAnalyzer<IllegalStateException> {
        private static final List<String> READERS =
                List.of("org.springframework.boot.context.config.", "org.springframework.boot.env.");

        @Override
        protected @Nullable FailureAnalysis analyze(Throwable rootFailure, IllegalStateException cause) {
            StackTraceElement[] thrown = cause.getStackTrace();
            if (thrown.length == 0
                    || READERS.stream()
                            .noneMatch(reader -> thrown[0].getClassName().startsWith(reader))) {
                return null;
            }
            String problem = Stream.iterate((Throwable) cause, each -> each != null, Throwable::getCause)
                    .map(each -> String.valueOf(each.getMessage()))
                    .collect(Collectors.joining(": "));
            return analysis(problem, cause);
        }
    }

    /** An address or a port that cannot be listened on. */
    @Order(Ordered.HIGHEST_PRECEDENCE)
    static final class NoAddress extends AbstractFailureAnalyzer<RuntimeException> {
        private final Environment environment;

        NoAddress(Environment environment) {
            this.environment = environment;
        }

        @Override
        protected @Nullable FailureAnalysis analyze(Throwable rootFailure, RuntimeException first) {
            PortInUseException taken = findCause(rootFailure, PortInUseException.class);
            if (taken != null) {
                return analysis(
                        "%s.port: %d (expected: a port that nobody listens on)"
                                .formatted(prefix(taken.getPort()), taken.getPort()),
                        taken);
            }
            ChannelBindException refused = findCause(rootFailure, ChannelBindException.class);
            if (refused == null) {
                return null;
            }
            String prefix = prefix(refused.localPort());
            List<Throwable> causes = Stream.iterate((Throwable) refused, each -> each != null, Throwable::getCause)
                    .toList();
            String problem;
            if (says(causes, "Permission denied")) {
                problem = "%s.port: %d (expected: a port that this user may listen on, as from 1024)"
                        .formatted(prefix, refused.localPort());
            } else if (says(causes, "Cannot assign requested address") || isUnresolved(causes)) {
                problem = "%s.address: %s (expected: an address of this host)".formatted(prefix, refused.localHost());
            } else {
                Throwable last = causes.get(causes.size() - 1);
                problem = "%s.port: %s:%d: %s"
                        .formatted(
                                prefix,
                                refused.localHost(),
                                refused.localPort(),
                                last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage());
            }
            return analysis(problem, refused);
        }

        private static boolean says(List<Throwable> causes, String words) {
            return causes.stream()
                    .anyMatch(each -> String.valueOf(each.getMessage()).contains(words));
        }

        private static boolean isUnresolved(List<Throwable> causes) {
            return causes.stream()
                    .anyMatch(
                            each -> each instanceof UnresolvedAddressException || each instanceof UnknownHostException);
        }

        /** Whose port it is. Where both are chosen by the system, the public one comes first. */
        private String prefix(int port) {
            String wanted = Integer.toString(port);
            return wanted.equals(environment.getProperty("management.server.port"))
                            && !wanted.equals(environment.getProperty("server.port"))
                    ? "management.server"
                    : "server";
        }
    }
}
