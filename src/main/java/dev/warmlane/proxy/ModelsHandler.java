package dev.warmlane.proxy;

import dev.warmlane.engines.models.ModelCatalog;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.proxy.access.Identity;
import dev.warmlane.proxy.http.PathGuard;
import dev.warmlane.proxy.http.PublicPort;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.outcome.RequestOutcome;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Serves {@code GET /v1/models} for all pools from what their endpoints said last, without asking them. */
public final class ModelsHandler {
    private final ServedModels models;

    public ModelsHandler(ServedModels models) {
        this.models = models;
    }

    public Mono<ServerResponse> list(ServerRequest request) {
        PublicPort.check(request.exchange());
        PathGuard.check(request.exchange().getRequest());
        Identity identity = request.exchange().getAttribute(Identity.ATTRIBUTE);
        ModelCatalog catalog = models.catalog();
        return ServerResponse.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .header(RequestIds.HEADER, RequestOutcome.of(request.exchange()).requestId())
                .bodyValue(identity == null ? catalog.toJson() : catalog.toJson(identity.allowance()::allows));
    }
}
