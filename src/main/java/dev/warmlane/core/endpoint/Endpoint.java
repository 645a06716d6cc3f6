package dev.warmlane.core.endpoint;

import java.net.URI;

/**
 * One vLLM server, or one of its data-parallel ranks: each has a KV cache of its own, and all share the address. Immutable.
 *
 * @param id what identifies it for as long as its cache lives
 * @param name what people call it: the pod's name, or {@code host:port} and the path, if it has one; of a rank, that of the
 *     server followed by {@code #} and the number
 * @param uri scheme, host and port, and what comes before the paths of requests, if anything
 * @param state whether it may receive requests
 * @param loadShare the part of an equal load that it may take, in (0, 1]; less than 1 only while it is starting
 * @param role which part of requests it computes
 */
public record Endpoint(EndpointId id, String name, URI uri, EndpointState state, double loadShare, Role role) {

    /** An endpoint that may take all of its load, of whole requests. */
    public Endpoint(EndpointId id, String name, URI uri, EndpointState state) {
        this(id, name, uri, state, 1, Role.BOTH);
    }

    /** A static endpoint, identified by its URL and named by what follows its scheme. */
    public static Endpoint ofUri(URI uri) {
        return new Endpoint(
                new EndpointId(uri.toString()), uri.getAuthority() + uri.getRawPath(), uri, EndpointState.READY);
    }

    /** One of several ranks of this server. */
    public Endpoint rank(int number) {
        return new Endpoint(id.rank(number), name + "#" + number, uri, state, loadShare, role);
    }

    /** The server of this rank, as one endpoint; this one if it is none. */
    public Endpoint server() {
        return id.isRank() ? new Endpoint(id.server(), serverName(), uri, state, loadShare, role) : this;
    }

    /** What people call the server. */
    public String serverName() {
        return id.isRank() ? name.substring(0, name.lastIndexOf('#')) : name;
    }

    public Endpoint withState(EndpointState newState) {
        return newState == state ? this : new Endpoint(id, name, uri, newState, loadShare, role);
    }

    /** The same, starting: it may take this part of an equal load. */
    public Endpoint starting(double share) {
        return new Endpoint(id, name, uri, EndpointState.STARTING, share, role);
    }

    public Endpoint withRole(Role newRole) {
        return newRole == role ? this : new Endpoint(id, name, uri, state, loadShare, newRole);
    }
}
