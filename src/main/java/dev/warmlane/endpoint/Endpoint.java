package dev.warmlane.endpoint;

import java.net.URI;

/**
 * One vLLM server as discovery knows it. Immutable.
 *
 * @param id what identifies it for as long as its cache lives
 * @param name what people call it: the pod's name, or {@code host:port}
 * @param uri scheme, host and port, without a path
 * @param state whether it may receive requests
 */
public record Endpoint(EndpointId id, String name, URI uri, EndpointState state) {

    /** A static endpoint, identified by its URL and named by its authority. */
    public static Endpoint ofUri(URI uri) {
        return new Endpoint(new EndpointId(uri.toString()), uri.getAuthority(), uri, EndpointState.READY);
    }

    public Endpoint withState(EndpointState newState) {
        return newState == state ? this : new Endpoint(id, name, uri, newState);
    }
}
