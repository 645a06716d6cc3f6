package dev.warmlane.engines.probe;

import java.time.Duration;

/**
 * How endpoints are scraped.
 *
 * @param interval from one scrape of an endpoint to the next, give or take a tenth
 * @param timeout what one request to an endpoint may take, from connecting to the last byte
 * @param connectTimeout what resolving the name and connecting may take each
 * @param modelsInterval from one look at an endpoint's models and version to the next; at least {@code interval}
 * @param maxBodyBytes the longest metrics body that is read
 * @param maxConcurrent scrapes in flight at once, over all endpoints
 */
public record ScrapeSettings(
        Duration interval,
        Duration timeout,
        Duration connectTimeout,
        Duration modelsInterval,
        int maxBodyBytes,
        int maxConcurrent) {

    public static final ScrapeSettings DEFAULTS = new ScrapeSettings(
            Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(10), 8 << 20, 64);

    /** @throws IllegalArgumentException naming the first value that is out of range, and the range */
    public ScrapeSettings {
        requirePositive("interval", interval);
        requirePositive("timeout", timeout);
        requirePositive("connectTimeout", connectTimeout);
        if (modelsInterval.compareTo(interval) < 0) {
            throw new IllegalArgumentException("modelsInterval: %s (expected: >= interval %s)"
                    .formatted(ShortDuration.of(modelsInterval), ShortDuration.of(interval)));
        }
        if (maxBodyBytes < 1) {
            throw new IllegalArgumentException("maxBodyBytes: %d (expected: > 0)".formatted(maxBodyBytes));
        }
        if (maxConcurrent < 1) {
            throw new IllegalArgumentException("maxConcurrent: %d (expected: > 0)".formatted(maxConcurrent));
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (value.toMillis() < 1) {
            throw new IllegalArgumentException("%s: %s (expected: >= 1ms)".formatted(name, ShortDuration.of(value)));
        }
    }
}
