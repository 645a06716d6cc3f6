package dev.warmlane.helm;

import com.marcnuri.helm.DryRun;
import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The chart as a real Helm renders it: release "warmlane" in the namespace "models". */
final class Chart {
    static final Path DIRECTORY = Path.of("helm", "warmlane");

    private static final String OLDEST_KUBERNETES = "1.27.0";

    /** Rendering is what these tests pay for, so each set of values is rendered once. */
    private static final Map<String, Rendered> RENDERED = new ConcurrentHashMap<>();

    private static final Map<String, Rendered> HOOKED = new ConcurrentHashMap<>();

    private Chart() {}

    /** @param values YAML as in values.yaml, over the chart's own */
    static Rendered render(String values) {
        return RENDERED.computeIfAbsent(values, key -> Rendered.of(template(DIRECTORY, key)));
    }

    /** The same for a release of another name. */
    static Rendered renderRelease(String release) {
        return Rendered.of(template(DIRECTORY, release, ""));
    }

    /** The same with the hooks of "helm test", which Helm renders apart; and without the schema. */
    static Rendered renderWithHooks(String values) {
        return HOOKED.computeIfAbsent(values, key -> Rendered.of(template(ChartCopy.WITHOUT_HOOKS_AND_SCHEMA, key)));
    }

    /** What Helm says of values that it must not accept. */
    static String refusal(String values) {
        return refusal("warmlane", values);
    }

    /** The same for a release of another name. */
    static String refusal(String release, String values) {
        String rendered;
        try {
            rendered = template(DIRECTORY, release, values);
        } catch (RuntimeException refused) {
            return String.valueOf(refused.getMessage());
        }
        throw new AssertionError("accepted: " + release + " " + values + "\n" + rendered);
    }

    /** What Helm tells whoever installed it with these values. */
    static String notes(String values) {
        return withValues(
                values,
                file -> new Helm(DIRECTORY)
                        .install()
                        .withName("warmlane")
                        .withNamespace("models")
                        .withKubeVersion(OLDEST_KUBERNETES)
                        .clientOnly()
                        .dryRun()
                        .withDryRunOption(DryRun.CLIENT)
                        .withValuesFile(file)
                        .call()
                        .getOutput());
    }

    private static String template(Path chart, String values) {
        return template(chart, "warmlane", values);
    }

    private static String template(Path chart, String release, String values) {
        return withValues(
                values,
                file -> new Helm(chart)
                        .template()
                        .withKubeVersion(OLDEST_KUBERNETES)
                        .withName(release)
                        .withNamespace("models")
                        .withValuesFile(file)
                        .call());
    }

    /** Gives these values as a file, which is gone afterwards. */
    static <T> T withValues(String values, Function<Path, T> use) {
        try {
            Path file = Files.createTempFile("values", ".yaml");
            try {
                Files.writeString(file, values);
                return use.apply(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
