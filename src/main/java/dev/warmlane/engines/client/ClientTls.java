package dev.warmlane.engines.client;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.client.HttpClient;
import reactor.netty.tcp.SslProvider;
import reactor.netty.tcp.TcpClient;

/**
 * TLS to the engines of one pool. The certificate of an engine must be trusted and have the host of its URL, or the server name
 * of the pool. Safe for concurrent use.
 */
public final class ClientTls {
    private final @Nullable String serverName;
    private volatile SslProvider provider;

    /**
     * @param context trusted certificates, and the gateway's own
     * @param serverName the name in the engines' certificates, since the addresses of pods change; null: the host of the URL
     */
    public ClientTls(SslContext context, @Nullable String serverName) {
        this.serverName = serverName;
        this.provider = provider(context);
    }

    /** Uses this context for new connections; open ones stay as they are. */
    public void renew(SslContext context) {
        provider = provider(context);
    }

    /** The client with its https connections secured. */
    public HttpClient secure(HttpClient http) {
        return http.secure(provider);
    }

    /** The same for connections without a scheme: all of them are secured. */
    public TcpClient secure(TcpClient tcp) {
        return tcp.secure(provider);
    }

    private SslProvider provider(SslContext context) {
        SslProvider.Builder builder =
                SslProvider.builder().sslContext(context).handlerConfigurator(ClientTls::verifyName);
        return serverName == null
                ? builder.build()
                : builder.serverNames(new SNIHostName(serverName)).build();
    }

    /** Without this, a trusted certificate of any host would do. */
    private static void verifyName(SslHandler handler) {
        SSLParameters parameters = handler.engine().getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        handler.engine().setSSLParameters(parameters);
    }
}
