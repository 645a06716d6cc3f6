package dev.warmlane.engines.client;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.List;
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
    private volatile Current current;
    private volatile SslProvider provider;

    /**
     * @param context trusted certificates, and the gateway's own
     * @param serverName the name in the engines' certificates, since the addresses of pods change; null: the host of the URL
     */
    public ClientTls(SslContext context, @Nullable String serverName) {
        this.serverName = serverName;
        this.current = new Current(context, serverName);
        this.provider = provider(context);
    }

    /** Uses this context for new connections; open ones stay as they are. */
    public void renew(SslContext context) {
        current = new Current(context, serverName);
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

    /** What secures a connection that is opened now; Java's own trust where a pool has none. */
    public static Current current(@Nullable ClientTls tls) {
        return tls == null ? Current.DEFAULT : tls.current;
    }

    /**
     * Limits the TLS handshake of a connection, if it has TLS, instead of Netty's fixed time. Before it is connected.
     *
     * @param longest that it may take
     */
    public static void limitHandshake(ChannelPipeline pipeline, Duration longest) {
        SslHandler tls = pipeline.get(SslHandler.class);
        if (tls != null) {
            tls.setHandshakeTimeoutMillis(Math.max(1, longest.toMillis()));
        }
    }

    /**
     * What secures connections until it is renewed. Connections are alike if this is the same.
     *
     * @param serverName null: the host of the URL
     */
    public record Current(SslContext context, @Nullable String serverName) {
        private static final Current DEFAULT =
                new Current(SslProvider.defaultClientProvider().getSslContext(), null);

        /** Secures one connection to this host and port. */
        public SslHandler newHandler(ByteBufAllocator buffers, String host, int port) {
            SslHandler handler = context.newHandler(buffers, host, port);
            if (serverName != null) {
                SSLParameters parameters = handler.engine().getSSLParameters();
                parameters.setServerNames(List.of(new SNIHostName(serverName)));
                handler.engine().setSSLParameters(parameters);
            }
            verifyName(handler);
            return handler;
        }
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
