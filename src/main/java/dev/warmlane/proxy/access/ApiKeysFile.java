package dev.warmlane.proxy.access;

import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import dev.warmlane.settings.ReloadedFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads a file of keys: YAML with a list {@code keys} of {@code name}, {@code sha256} (one hash or, while a key is replaced,
 * several), and optionally {@code tenant}, {@code models}, {@code requests-per-minute}, {@code tokens-per-minute} and
 * {@code priority}. A key without a tenant is a tenant of its own.
 */
public final class ApiKeysFile {
    private static final Set<String> FIELDS =
            Set.of("name", "sha256", "tenant", "models", "requests-per-minute", "tokens-per-minute", "priority");

    private ApiKeysFile() {}

    /**
     * Reads a whole file.
     *
     * @throws IllegalArgumentException if it is not as described, naming the key and the field but no hash
     */
    public static ApiKeys parse(byte[] content) {
        Object root;
        try {
            root = new Yaml(new SafeConstructor(new LoaderOptions())).load(new String(content, StandardCharsets.UTF_8));
        } catch (YAMLException e) {
            throw ReloadedFile.notYaml(e, "a list `keys`");
        }
        if (!(root instanceof Map<?, ?> map)
                || map.size() != 1
                || !(map.get("keys") instanceof List<?> list)
                || list.isEmpty()) {
            throw new IllegalArgumentException(
                    "keys: missing, empty or not alone (expected: a list `keys` and nothing else)");
        }
        Map<Identity, List<String>> hashes = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < list.size(); i++) {
            if (!(list.get(i) instanceof Map<?, ?> entry)) {
                throw new IllegalArgumentException("keys[%d]: not a map (expected: name and sha256)".formatted(i));
            }
            Identity identity = identity("keys[%d]".formatted(i), entry);
            if (!names.add(identity.name())) {
                throw new IllegalArgumentException(
                        "keys[%d].name: %s (expected: a name that no other key has)".formatted(i, identity.name()));
            }
            hashes.put(identity, texts("keys[%d].sha256".formatted(i), entry.get("sha256"), false));
        }
        return ApiKeys.of(hashes);
    }

    private static Identity identity(String key, Map<?, ?> entry) {
        for (Object field : entry.keySet()) {
            if (!(field instanceof String name) || !FIELDS.contains(name)) {
                throw new IllegalArgumentException("%s.%s: unknown (expected: one of %s)"
                        .formatted(
                                key,
                                field,
                                String.join(", ", FIELDS.stream().sorted().toList())));
            }
        }
        String name = text(key + ".name", entry.get("name"));
        Object tenant = entry.get("tenant");
        Allowance allowance = new Allowance(
                Set.copyOf(new HashSet<>(texts(key + ".models", entry.get("models"), true))),
                number(key + ".requests-per-minute", entry.get("requests-per-minute"), 0, Long.MAX_VALUE),
                number(key + ".tokens-per-minute", entry.get("tokens-per-minute"), 0, Long.MAX_VALUE),
                (int) number(key + ".priority", entry.get("priority"), Integer.MIN_VALUE, Integer.MAX_VALUE));
        // The prefixes keep a name from being taken for somebody's tenant or a token's subject.
        return new Identity(
                name,
                "key:" + name,
                tenant == null ? "key:" + name : "tenant:" + text(key + ".tenant", tenant),
                allowance);
    }

    private static String text(String key, @Nullable Object value) {
        if (value instanceof String text && !text.isBlank()) {
            return text;
        }
        throw new IllegalArgumentException(
                "%s: %s (expected: a text)".formatted(key, value == null ? "missing" : "no text"));
    }

    private static List<String> texts(String key, @Nullable Object value, boolean optional) {
        if (value == null && optional) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            return List.of(text(key, value));
        }
        List<String> texts = new ArrayList<>();
        for (Object item : list) {
            texts.add(text(key, item));
        }
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("%s: empty (expected: one text or a list of them)".formatted(key));
        }
        return texts;
    }

    private static long number(String key, @Nullable Object value, long least, long most) {
        if (value == null) {
            return 0;
        }
        // Whole numbers of YAML are of any size.
        if (value instanceof Integer || value instanceof Long) {
            long number = ((Number) value).longValue();
            if (number >= least && number <= most) {
                return number;
            }
        }
        throw new IllegalArgumentException(
                "%s: %s (expected: a whole number from %d to %d)".formatted(key, value, least, most));
    }
}
