package dev.warmlane.proxy.local;

import dev.warmlane.engines.models.ModelCatalog.ModelList;
import dev.warmlane.engines.models.ModelNames;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.PublicPort;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.outcome.RequestOutcome;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.util.UriUtils;
import reactor.core.publisher.Mono;

/** Serves {@code GET /v1/models} for all pools from the last lists of their endpoints, without asking them. */
public final class ModelsHandler {
    private static final String ONE = "/v1/models/";

    private final ServedModels models;

    /** Serves these models. */
    public ModelsHandler(ServedModels models) {
        this.models = models;
    }

    /** The cards of all models that the client may use, and of the names for them. */
    public Mono<ServerResponse> list(ServerRequest request) {
        PublicPort.check(request.exchange());
        PublicPort.checkPath(request.exchange().getRequest());
        Identity identity = request.exchange().getAttribute(Identity.ATTRIBUTE);
        // Without names and limits it is there already.
        byte[] json = identity == null && models.names().isEmpty()
                ? models.catalog().toJson()
                : list(identity).all();
        return json(request, json);
    }

    /** Whether the path goes on after the last slash. */
    public static boolean namesOne(ServerRequest request) {
        return request.exchange().getRequest().getURI().getRawPath().length() > ONE.length();
    }

    /** The card of the model that the rest of the path names, its slashes escaped or not. */
    public Mono<ServerResponse> one(ServerRequest request) {
        PublicPort.check(request.exchange());
        String path = request.exchange().getRequest().getURI().getRawPath();
        String id = UriUtils.decode(path.substring(ONE.length()), StandardCharsets.UTF_8);
        Identity identity = request.exchange().getAttribute(Identity.ATTRIBUTE);
        byte[] json = list(identity).one(id);
        return json == null ? Mono.error(ApiException.unknownModel(id, "")) : json(request, json);
    }

    private ModelList list(@Nullable Identity identity) {
        ModelNames names = models.names();
        return new ModelList(models.catalog(), names, identity == null ? model -> true : identity.allowance()::allows);
    }

    private static Mono<ServerResponse> json(ServerRequest request, byte[] json) {
        return ServerResponse.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .header(RequestIds.HEADER, RequestOutcome.of(request.exchange()).requestId())
                .bodyValue(json);
    }
}
