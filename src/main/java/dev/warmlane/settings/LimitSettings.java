package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What one client may send.
 *
 * @param body the largest request body; past it 413
 * @param headers the request's headers together; past it 431
 * @param bufferedBodies memory for the bodies of all requests that may still have to be sent, at least body; past it 503. 0B: a
 *     quarter of the heap
 * @param requestDecompression whether bodies may come as gzip or deflate, inflated to at most body; otherwise 415
 * @param headerTimeout how long a request's head may take to come; past it 408
 * @param bodyTimeout how long the body may take after that; past it 408
 * @param streams requests that the gateway serves at a time; past it 429
 * @param idleTimeout how long a connection may be idle; should be more than that of what stands in front of the gateway
 */
public record LimitSettings(
        @DefaultValue("32MB") DataSize body,
        @DefaultValue("64KB") DataSize headers,
        @DefaultValue("0B") DataSize bufferedBodies,
        @DefaultValue("false") boolean requestDecompression,
        @DefaultValue("10s") Duration headerTimeout,
        @DefaultValue("1m") Duration bodyTimeout,
        @DefaultValue("10000") int streams,
        @DefaultValue("75s") Duration idleTimeout) {

    private static final long MAX_HEADER_BYTES = 16 << 20;

    public LimitSettings {
        Check.positive("warmlane.limits.body", body);
        Check.positive("warmlane.limits.headers", headers);
        Check.atLeast("warmlane.limits.streams", streams, 1);
        if (body.toBytes() > Integer.MAX_VALUE - 8) {
            throw new InvalidSettingException("warmlane.limits.body", body, "less than 2GB");
        }
        if (headers.toBytes() > MAX_HEADER_BYTES) {
            throw new InvalidSettingException("warmlane.limits.headers", headers, "at most 16MB");
        }
        if (bufferedBodies.toBytes() != 0 && bufferedBodies.compareTo(body) < 0) {
            throw new InvalidSettingException(
                    "warmlane.limits.buffered-bodies", bufferedBodies, "at least warmlane.limits.body, " + body);
        }
        Check.positive("warmlane.limits.header-timeout", headerTimeout);
        Check.positive("warmlane.limits.body-timeout", bodyTimeout);
        Check.positive("warmlane.limits.idle-timeout", idleTimeout);
    }
}
