package dev.warmlane.settings;

import dev.warmlane.core.hash.Sha256;
import dev.warmlane.core.hash.Sha256.Hmac;
import dev.warmlane.settings.InvalidSettingException.Check;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A digest of each group of settings that all replicas of a cluster must have alike, so that they can see whether they do without
 * telling each other a value. What is in force counts: the content of files when they were read, not their paths. Safe from any
 * thread.
 *
 * <p>Among the settings are secrets, and whoever has a digest could try at leisure which one it was made of. So digests are made under a
 * key that only members have, or, where they have none in common because certificates prove who is one, of whether secrets are set and
 * not of what they are: a certificate is worth less than the secrets of others.
 */
public final class SettingsDigest {
    /** Settings of each replica's own; and the shorthand for a pool, which is among the pools. */
    private static final Set<String> OF_EACH_REPLICA =
            Set.of("endpoints", "cluster", "history", "access-log", "dashboard", "management", "warm-up");

    /** The setting of a group that names a file. */
    private static final Map<String, String> FILES =
            Map.of("auth", "keys-file", "model-names", "file", "tenancy", "secret-file");

    /** The groups whose file has secrets, or hashes of some. */
    private static final Set<String> SECRET_FILES = Set.of("auth", "tenancy");

    private final WarmlaneSettings settings;
    private final Map<String, String> policy;
    private final List<ReloadedFile<?>> files;
    private final @Nullable Hmac key;

    /**
     * @param policy the parameters that the routing policy was made with
     * @param files those that the settings name
     * @param key that all members have and nobody else; null: there is none
     */
    public SettingsDigest(
            WarmlaneSettings settings, Map<String, String> policy, List<ReloadedFile<?>> files, @Nullable Hmac key) {
        this.settings = settings;
        this.policy = policy;
        this.files = files;
        this.key = key;
    }

    /** The digests as of now, by the names of groups, as {@code affinity}. */
    public Map<String, Long> digests() {
        Map<String, Object> groups = key == null ? SettingsInForce.of(settings) : SettingsInForce.withSecrets(settings);
        Map<String, Long> digests = new HashMap<>();
        groups.forEach((group, values) -> {
            if (!OF_EACH_REPLICA.contains(group)) {
                digests.put(group, digest(inFull(group, values)));
            }
        });
        return digests;
    }

    private String inFull(String group, Object values) {
        String file = FILES.get(group);
        if (file != null && values instanceof Map<?, ?> map) {
            Map<String, Object> withContent = new TreeMap<>();
            map.forEach((name, value) -> withContent.put(String.valueOf(name), value));
            withContent.computeIfPresent(file, (name, path) -> content(group, path.toString()));
            return withContent.toString();
        }
        return group.equals("routing") ? settings.routing().policy() + new TreeMap<>(policy) : values.toString();
    }

    private String content(String group, String path) {
        if (path.isEmpty()) {
            return "";
        }
        if (key == null && SECRET_FILES.contains(group)) {
            return Check.MASK;
        }
        Path named = Path.of(path);
        return files.stream()
                .filter(file -> file.path().equals(named))
                .map(ReloadedFile::contentHash)
                .findFirst()
                .orElseThrow();
    }

    private long digest(String text) {
        return ByteBuffer.wrap(key == null ? Sha256.of(text) : key.of(text)).getLong();
    }
}
