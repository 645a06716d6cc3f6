package dev.warmlane.proxy;

import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.settings.UpstreamSettings.QueueSettings;
import java.net.InetSocketAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/** Reads from a request what the queue wants to know of it: how urgent it is, whose it is, and where it can go. */
final class QueuedRequestReader {
    private final boolean priorityInBody;
    private final String priorityHeader;

    QueuedRequestReader(QueueSettings settings) {
        this.priorityInBody = settings.bodyPriority();
        this.priorityHeader = settings.priorityHeader();
    }

    QueuedRequest read(ServerHttpRequest request, RoutedExchange routed) {
        Router router = routed.pool().router();
        Set<EndpointId> excluded = routed.attempts().excluded();
        EndpointId owner = router.owner(routed.attempts().request(), excluded);
        return new QueuedRequest(
                routed.attempts().retries() > 0,
                priority(request, routed),
                client(request, routed),
                owner == null ? router.boundEndpoint(routed.attempts().request()) : owner,
                owner != null,
                excluded);
    }

    /** Its priority. A client that is known can put its own requests behind others, not before them. */
    private int priority(ServerHttpRequest request, RoutedExchange routed) {
        int asked = askedPriority(request, routed.requestBody());
        TokenCharge charge = routed.charge();
        if (charge == null) {
            return asked;
        }
        long behind = Math.max(0, asked);
        return (int) Math.min(Integer.MAX_VALUE, charge.identity().allowance().priority() + behind);
    }

    /** What the client asks for, where the settings allow it: lower goes first, 0 if it does not say. */
    private int askedPriority(ServerHttpRequest request, RequestBody body) {
        Integer priority =
                priorityHeader.isEmpty() ? null : ofHeader(request.getHeaders().getFirst(priorityHeader));
        if (priority == null && priorityInBody) {
            GenerationRequest said = body.parseIfReadable();
            priority = said == null ? null : said.priority();
        }
        return priority == null ? 0 : priority;
    }

    private static @Nullable Integer ofHeader(@Nullable String value) {
        try {
            return value == null ? null : Integer.valueOf(value.strip());
        } catch (NumberFormatException notANumber) {
            return null;
        }
    }

    /**
     * Among whom turns are shared: known clients, else what the session or client address says, else the address that the
     * request came from.
     */
    private static long client(ServerHttpRequest request, RoutedExchange routed) {
        TokenCharge charge = routed.charge();
        if (charge != null) {
            String client = charge.identity().client();
            return AffinityKey.of(routed.pool().name(), KeySource.NONE, client).hash();
        }
        AffinityKey key = routed.attempts().request().key();
        if (key.source().binds()) {
            return key.hash();
        }
        InetSocketAddress peer = request.getRemoteAddress();
        String address = peer == null ? "" : peer.getHostString();
        return AffinityKey.of(routed.pool().name(), KeySource.CLIENT_IP, address)
                .hash();
    }
}
