package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What clients may send, and endpoints in their responses' headers.
 *
 * @param body Maximum size of a request body. Larger ones get 413.
 * @param headers Maximum size of all headers of a request (431) and of an endpoint's response (502), from 256B to 16MB.
 * @param headerCount Maximum number of headers of a request (431) and of an endpoint's response (502), trailers included; from 8
 *     to 1000.
 * @param bufferedBodies Memory for all request bodies that may still have to be sent, at least warmlane.limits.body.
 *     Requests beyond it get 503, and WebSockets, whose frames count until the other side has taken them, are closed (1013). 0B: a quarter
 *     of the heap.
 * @param requestDecompression Whether gzip and deflate request bodies are accepted; warmlane.limits.body applies to the inflated body.
 *     Otherwise they get 415.
 * @param headerTimeout Timeout for receiving a request's headers. Slower ones get 408. A client's TLS handshake may take as long;
 *     slower ones are closed.
 * @param bodyTimeout Longest time without a byte of a request's body while it is received. Slower ones get 408.
 * @param bodyMinRate Least number of bytes a second at which a request's body must arrive, over each
 *     warmlane.limits.body-timeout. Slower ones get 408. 0B: any.
 * @param streams Maximum number of concurrent requests, queued ones included. Requests beyond it get 429.
 * @param connections Maximum number of client connections. Some beyond it get 503, all others are closed. 0: half of the file
 *     descriptors (ulimit -n) that the gateway does not need itself; the other half is for connections to endpoints.
 * @param streamsPerConnection Maximum number of concurrent requests on one HTTP/2 connection.
 * @param websocketFrame Maximum size of a frame of a WebSocket, from either side. Larger ones close it (1009).
 * @param websocketFarewell How long one side of a WebSocket may take to receive what is on its way to it once the other side has
 *     closed.
 * @param idleTimeout How long a client connection is kept open while it is idle, or while the client reads nothing of a
 *     response; on the management port too while it reads nothing.
 *     Set it higher than that of the load balancer in front.
 */
public record LimitSettings(
        @DefaultValue("32MB") DataSize body,
        @DefaultValue("64KB") DataSize headers,
        @DefaultValue("128") int headerCount,
        @DefaultValue("0B") DataSize bufferedBodies,
        @DefaultValue("false") boolean requestDecompression,
        @DefaultValue("10s") Duration headerTimeout,
        @DefaultValue("1m") Duration bodyTimeout,
        @DefaultValue("1KB") DataSize bodyMinRate,
        @DefaultValue("10000") int streams,
        @DefaultValue("0") int connections,
        @DefaultValue("250") int streamsPerConnection,
        @DefaultValue("1MB") DataSize websocketFrame,
        @DefaultValue("5s") Duration websocketFarewell,
        @DefaultValue("75s") Duration idleTimeout) {

    /** What the simplest client and an engine need. */
    private static final DataSize FEWEST_HEADER_BYTES = DataSize.ofBytes(256);

    private static final DataSize MOST_HEADER_BYTES = DataSize.ofMegabytes(16);
    private static final int FEWEST_HEADERS = 8;
    private static final int MOST_HEADERS = 1000;

    /** What a frame that only controls may have (RFC 6455, section 5.5). */
    private static final DataSize SMALLEST_FRAME = DataSize.ofBytes(125);

    private static final DataSize LARGEST_FRAME = DataSize.ofMegabytes(64);
    private static final DataSize FASTEST_BODY = DataSize.ofMegabytes(100);

    public LimitSettings {
        Check.positive("warmlane.limits.body", body);
        Check.between("warmlane.limits.headers", headers, FEWEST_HEADER_BYTES, MOST_HEADER_BYTES);
        Check.atLeast("warmlane.limits.streams", streams, 1);
        Check.atLeast("warmlane.limits.connections", connections, 0);
        Check.atLeast("warmlane.limits.streams-per-connection", streamsPerConnection, 1);
        if (body.toBytes() > Integer.MAX_VALUE - 8) {
            throw new InvalidSettingException("warmlane.limits.body", body, "less than 2GB");
        }
        Check.between("warmlane.limits.header-count", headerCount, FEWEST_HEADERS, MOST_HEADERS);
        if (bufferedBodies.toBytes() != 0 && bufferedBodies.compareTo(body) < 0) {
            throw new InvalidSettingException(
                    "warmlane.limits.buffered-bodies",
                    bufferedBodies,
                    "at least warmlane.limits.body, " + InvalidSettingException.text(body));
        }
        Check.positive("warmlane.limits.header-timeout", headerTimeout);
        Check.positive("warmlane.limits.body-timeout", bodyTimeout);
        Check.between("warmlane.limits.body-min-rate", bodyMinRate, DataSize.ofBytes(0), FASTEST_BODY);
        Check.between("warmlane.limits.websocket-frame", websocketFrame, SMALLEST_FRAME, LARGEST_FRAME);
        Check.positive("warmlane.limits.websocket-farewell", websocketFarewell);
        Check.positive("warmlane.limits.idle-timeout", idleTimeout);
    }
}
