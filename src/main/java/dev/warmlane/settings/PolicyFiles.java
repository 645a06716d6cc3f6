package dev.warmlane.settings;

import dev.warmlane.core.routing.PolicyParameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads the named policies of gateway/policies: from the working directory if it has the file, else from the jar. */
public final class PolicyFiles {
    /** In a file: another one whose parameters hold where this one says nothing. */
    private static final String EXTENDS = "extends";

    private static final int MAX_EXTENSIONS = 4;
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");

    private PolicyFiles() {}

    /**
     * The parameters of a policy.
     *
     * @param name of its file, without the extension
     * @param parameters that go over those of the file
     * @throws IllegalArgumentException if there is no such file, or it or one that it extends cannot be used
     * @throws UncheckedIOException if it cannot be read
     */
    public static PolicyParameters read(String name, Map<String, String> parameters) {
        return new PolicyParameters(name, merged(name, parameters));
    }

    /** The parameters as names and texts; as of {@link #read}. */
    public static Map<String, String> merged(String name, Map<String, String> parameters) {
        Map<String, String> merged = new LinkedHashMap<>();
        load(name, merged, MAX_EXTENSIONS);
        merged.putAll(parameters);
        return merged;
    }

    /** Loads what the file extends, then what it says itself. */
    private static void load(String name, Map<String, String> parameters, int extensionsLeft) {
        if (!NAME.matcher(name).matches()) {
            throw unknown(name);
        }
        Map<String, Object> yaml = parse("gateway/policies/" + name + ".yaml", name);
        Object base = yaml.remove(EXTENDS);
        if (base != null) {
            if (extensionsLeft == 0) {
                throw new IllegalArgumentException("policy: %s (expected: at most %d files that extend each other)"
                        .formatted(name, MAX_EXTENSIONS));
            }
            try {
                load(base.toString(), parameters, extensionsLeft - 1);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("policy: %s extends %s".formatted(name, e.getMessage()), e);
            }
        }
        yaml.forEach((key, value) -> parameters.put(key, String.valueOf(value)));
    }

    private static Map<String, Object> parse(String path, String name) {
        try (InputStream in = open(path)) {
            if (in == null) {
                throw unknown(name);
            }
            Object yaml = new Yaml(new SafeConstructor(new LoaderOptions())).load(in);
            if (!(yaml instanceof Map<?, ?> map)) {
                throw new IllegalArgumentException("policy: %s (expected: parameters in %s, one a line, %s)"
                        .formatted(name, path, yaml == null ? "not an empty file" : "not a text or a list"));
            }
            Map<String, Object> parameters = new LinkedHashMap<>();
            map.forEach((key, value) -> parameters.put(String.valueOf(key), value));
            return parameters;
        } catch (YAMLException e) {
            throw new IllegalArgumentException(
                    "policy: %s (expected: YAML in %s, %s)".formatted(name, path, firstLine(e)), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path, e);
        }
    }

    private static String firstLine(YAMLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("which this is not");
    }

    private static @Nullable InputStream open(String path) throws IOException {
        Path file = Path.of(path);
        return Files.exists(file)
                ? Files.newInputStream(file)
                : PolicyFiles.class.getClassLoader().getResourceAsStream(path);
    }

    private static IllegalArgumentException unknown(String name) {
        return new IllegalArgumentException(
                "policy: %s (expected: the name of a file in gateway/policies, such as expected-cost or sticky)"
                        .formatted(name));
    }
}
