package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Endpoints that fail requests are ejected: connection failures, 502, 503, 504, timeouts and aborts before the first token.
 *
 * @param enabled whether they are
 * @param consecutiveFailures failures in a row that eject
 * @param successRate share of successes over the window below which an endpoint is ejected, in [0, 1]
 * @param minRequests requests in the window from which on that share counts
 * @param window time over which it is taken
 * @param ejection how long the first ejection lasts, and how much longer each further one in a row
 * @param maxEjection how long one lasts at most
 * @param keepSessions ejections up to this long keep the bindings of their sessions, which go elsewhere meanwhile; 0s: they move
 */
public record OutlierSettings(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("5") int consecutiveFailures,
        @DefaultValue("0.8") double successRate,
        @DefaultValue("5") int minRequests,
        @DefaultValue("10s") Duration window,
        @DefaultValue("30s") Duration ejection,
        @DefaultValue("5m") Duration maxEjection,
        @DefaultValue("30s") Duration keepSessions) {

    public OutlierSettings {
        Check.atLeast("warmlane.outlier.consecutive-failures", consecutiveFailures, 1);
        if (!(successRate >= 0 && successRate <= 1)) {
            throw new InvalidSettingException("warmlane.outlier.success-rate", successRate, "0 to 1");
        }
        Check.atLeast("warmlane.outlier.min-requests", minRequests, 1);
        Check.positive("warmlane.outlier.window", window);
        Check.positive("warmlane.outlier.ejection", ejection);
        if (maxEjection.compareTo(ejection) < 0) {
            throw new InvalidSettingException(
                    "warmlane.outlier.max-ejection",
                    maxEjection,
                    "at least warmlane.outlier.ejection, " + InvalidSettingException.text(ejection));
        }
        Check.notNegative("warmlane.outlier.keep-sessions", keepSessions);
    }
}
