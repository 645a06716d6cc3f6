package dev.warmlane.engines.tls;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.client.HttpClient;
import reactor.netty.tcp.SslProvider;

/**
 * The secured connections to the engines of one pool. The certificate of an engine must be trusted and bear the name that it
 * was asked for by, or the one name that all engines of the pool go by. Safe for concurrent use.
 */
public final class ClientTls {
    private final @Nullable String serverName;
    private volatile SslProvider provider;

    /**
     * @param context whom to trust, and our own certificate
     * @param serverName what certificates must bear, since pods have addresses that change; null: the host of their URL
     */
    public ClientTls(SslContext context, @Nullable String serverName) {
        this.serverName = serverName;
        this.provider = provider(context);
    }

    /** Secures connections that are opened from now on in another way; open ones stay as they are. */
    public void renew(SslContext context) {
        provider = provider(context);
    }

    /** The client with its https connections secured. */
    public HttpClient secure(HttpClient http) {
        return http.secure(provider);
    }

    private SslProvider provider(SslContext context) {
        SslProvider.Builder builder =
                SslProvider.builder().sslContext(context).handlerConfigurator(ClientTls::verifyName);
        return serverName == null
                ? builder.build()
                : builder.serverNames(new SNIHostName(serverName)).build();
    }

    /** Without it a trusted certificate of any name would do. Where a server name is asked for, that one counts too. */
    private static void verifyName(SslHandler handler) {
        SSLParameters parameters = handler.engine().getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        handler.engine().setSSLParameters(parameters);
    }
}
