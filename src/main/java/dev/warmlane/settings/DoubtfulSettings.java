package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.springframework.util.unit.DataSize;

/** Settings that can be used as they are, but are probably a mistake. */
public final class DoubtfulSettings {
    private static final Pattern EVERYBODY = Pattern.compile(".*/0+");
    private static final int GUESSABLE = 16;

    private DoubtfulSettings() {}

    /**
     * Warnings about the settings for operators, one line each, without secrets.
     *
     * @param heap most memory of this process
     */
    public static List<String> of(WarmlaneSettings settings, DataSize heap) {
        List<String> lines = new ArrayList<>();
        settings.affinity().clientIp().trustedProxies().stream()
                .filter(network -> EVERYBODY.matcher(network).matches())
                .map(
                        ("warmlane.affinity.client-ip.trusted-proxies: %s trusts every client to say which address it has, and"
                                        + " takes none for a client's (expected: the networks of proxies)")::formatted)
                .forEach(lines::add);
        addIfShort(lines, "warmlane.endpoint-salt", settings.endpointSalt());
        addIfShort(lines, "warmlane.access-log.salt", settings.accessLog().salt());
        DataSize bodies = settings.limits().bufferedBodies();
        if (bodies.compareTo(heap) > 0) {
            lines.add("warmlane.limits.buffered-bodies: %s is more than this process may use, %d MB"
                    .formatted(InvalidSettingException.text(bodies), heap.toMegabytes()));
        }
        return lines;
    }

    private static void addIfShort(List<String> lines, String name, String salt) {
        if (!salt.isEmpty() && salt.length() < GUESSABLE) {
            lines.add(
                    "%s: %s (%d characters) can be guessed, and with it what pseudonyms stand for (expected: random, at least %d characters)"
                            .formatted(name, Check.MASK, salt.length(), GUESSABLE));
        }
    }
}
