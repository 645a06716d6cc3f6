package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Outlier ejection: endpoints that fail requests get none for a while. Failures are failed connections, 502, 503, 504,
 * timeouts and
 * aborts before the first token.
 *
 * @param enabled Whether endpoints that fail requests are ejected. Failures are failed connections, 502, 503, 504, timeouts
 *     and aborts before the first token.
 * @param consecutiveFailures Consecutive failures that eject an endpoint.
 * @param successRate Success rate, from 0 to 1, below which an endpoint is ejected.
 * @param minRequests Requests in warmlane.outlier.window below which the success rate is not judged.
 * @param window Time over which the success rate is taken.
 * @param ejection Duration of the first ejection. Each further one in a row lasts this much longer.
 * @param maxEjection Upper bound of an ejection.
 * @param keepSessions Ejections up to this long keep the bindings of their sessions, whose requests go elsewhere meanwhile.
 *     Longer ones move the sessions; 0s: all do.
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
