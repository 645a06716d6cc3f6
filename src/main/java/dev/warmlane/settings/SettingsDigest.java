package dev.warmlane.settings;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A digest of each group of settings that all replicas of a cluster must have alike, so that they can see whether they do without
 * telling each other a value. A digest is the beginning of a SHA-256 hash. Of files that all must have alike, what they say counts
 * and not where they are.
 */
public final class SettingsDigest {
    /** Where a replica is and what it keeps there; and the shorthand for a pool, which is among the pools. */
    private static final Set<String> OF_EACH_REPLICA =
            Set.of("endpoints", "cluster", "history", "access-log", "dashboard", "management", "warm-up");

    /** The setting of a group that names a file. */
    private static final Map<String, String> FILES =
            Map.of("auth", "keys-file", "model-names", "file", "tenancy", "secret-file");

    private SettingsDigest() {}

    /** The digests by the names of groups, as {@code affinity}. Reads the files that the settings name. */
    public static Map<String, Long> of(WarmlaneSettings settings) {
        Map<String, Long> digests = new HashMap<>();
        SettingsInForce.withSecrets(settings).forEach((group, values) -> {
            if (!OF_EACH_REPLICA.contains(group)) {
                digests.put(group, digest(inFull(group, values, settings)));
            }
        });
        return digests;
    }

    private static String inFull(String group, Object values, WarmlaneSettings settings) {
        String file = FILES.get(group);
        if (file != null && values instanceof Map<?, ?> map) {
            Map<String, Object> withContent = new TreeMap<>();
            map.forEach((name, value) -> withContent.put(String.valueOf(name), value));
            withContent.computeIfPresent(file, (name, path) -> content(path.toString()));
            return withContent.toString();
        }
        if (group.equals("routing")) {
            Map<String, String> parameters = PolicyFiles.merged(
                    settings.routing().policy(), settings.routing().parameters());
            return settings.routing().policy() + new TreeMap<>(parameters);
        }
        return values.toString();
    }

    private static String content(String path) {
        try {
            return path.isEmpty() ? "" : HexFormat.of().formatHex(sha256(Files.readAllBytes(Path.of(path))));
        } catch (IOException | InvalidPathException e) {
            // Whoever needs it has said so.
            return "unreadable";
        }
    }

    private static long digest(String text) {
        return ByteBuffer.wrap(sha256(text.getBytes(StandardCharsets.UTF_8))).getLong();
    }

    private static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
