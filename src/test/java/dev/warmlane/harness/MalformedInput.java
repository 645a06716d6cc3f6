package dev.warmlane.harness;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What hostile or broken clients send, byte by byte. Each row is what stands on the wire before a second, well-formed request
 * that must never be served: whoever reads the first differently could have hidden the second in it.
 *
 * @param what the trick
 * @param bytes in ISO 8859-1, one character a byte
 */
public record MalformedInput(String what, String bytes) {
    static final String LINE = "POST /v1/chat/completions HTTP/1.1\r\n";
    static final String HOST = "Host: g\r\n";
    static final String TEN = "0123456789";

    public static List<MalformedInput> rows() {
        Rows rows = new Rows();
        MalformedBodies.addTo(rows);
        lines(rows);
        requestLines(rows);
        headers(rows);
        hosts(rows);
        targets(rows);
        otherProtocols(rows);
        return rows.all;
    }

    public byte[] wire() {
        return bytes.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return what;
    }

    private static void lines(Rows rows) {
        rows.add("a request line before a bare line feed", "POST /v1/chat/completions HTTP/1.1\n" + HOST + "\r\n");
        rows.add("a header before a bare line feed", LINE + "Host: g\nX-A: b\r\n\r\n");
        rows.add("a head that ends with bare line feeds", LINE + "Host: g\r\nX-A: b\n\n");
        rows.add("a bare return in a request line", "POST /v1/chat/completions\rX HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a request line of two words", "POST /v1/chat/completions\r\n" + HOST + "\r\n");
        rows.add("a request line of one word", "POST\r\n" + HOST + "\r\n");
        rows.add("a request line of four words", "POST /v1/chat completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a space after the version", "POST /v1/chat/completions HTTP/1.1 \r\n" + HOST + "\r\n");
        rows.add("HTTP/0.9", "GET /v1/models\r\n\r\n");
        rows.add("HTTP/1.2", "GET /v1/models HTTP/1.2\r\n" + HOST + "\r\n");
        rows.add("HTTP/3.0", "GET /v1/models HTTP/3.0\r\n" + HOST + "\r\n");
        rows.add("HTTP/11", "GET /v1/models HTTP/11\r\n" + HOST + "\r\n");
        rows.add("http in lower case", "GET /v1/models http/1.1\r\n" + HOST + "\r\n");
        rows.add("a version of another protocol", "GET /v1/models ICY/1.0\r\n" + HOST + "\r\n");
        rows.add("a method in lower case", "post /v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a method that nobody knows", "SMUGGLE /v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a method with a NUL", "PO\u0000ST /v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a method with a parenthesis", "PO(ST /v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("TRACE", "TRACE /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("CONNECT", "CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n");
        rows.add("CONNECT to a path", "CONNECT /v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a NUL first", "\u0000" + LINE + HOST + "\r\n");
        rows.add("a bell first", "\u0007" + LINE + HOST + "\r\n");
        rows.add("a request line that never ends", "GET /" + "a".repeat(100_000));
        rows.add("a request line over the limit", "GET /v1/models?" + "a".repeat(20_000) + " HTTP/1.1\r\n" + HOST);
        rows.add("a request line that is only begun", "POST /v1/cha");
        rows.add("a head that is only begun", LINE + HOST + "X-A");
    }

    /** What is no single space, in each place where one is, and where none is. */
    private static void requestLines(Rows rows) {
        String[] names = {"a tab", "a vertical tab", "a form feed", "a bare return", "two spaces", "a space and a tab"};
        String[] spaces = {"\t", "\u000b", "\f", "\r", "  ", " \t"};
        for (int i = 0; i < spaces.length; i++) {
            rows.add(names[i] + " behind the method", "GET" + spaces[i] + "/v1/models HTTP/1.1\r\n" + HOST + "\r\n");
            rows.add(names[i] + " before the version", "GET /v1/models" + spaces[i] + "HTTP/1.1\r\n" + HOST + "\r\n");
            rows.add(names[i] + " behind the version", "GET /v1/models HTTP/1.1" + spaces[i] + "\r\n" + HOST + "\r\n");
            rows.add(names[i] + " before the method", spaces[i] + "GET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
            rows.add(names[i] + " in the method", "G" + spaces[i] + "ET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
            rows.add(names[i] + " in the target", "GET /v1" + spaces[i] + "models HTTP/1.1\r\n" + HOST + "\r\n");
            rows.add(names[i] + " in the version", "GET /v1/models HTTP/" + spaces[i] + "1.1\r\n" + HOST + "\r\n");
        }
        rows.add("a space before the method", " GET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a space behind an empty line", "\r\n GET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a bare line feed before the request", "\nGET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("two bare line feeds before the request", "\n\nGET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("two returns before the request", "\r\r\nGET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("an empty line turned around", "\n\rGET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("an empty line of two line feeds", "\r\n\nGET /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("two returns behind the version", "GET /v1/models HTTP/1.1\r\r\n" + HOST + "\r\n");
        rows.add("no target", "GET  HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("no target and one space", "GET HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("no method", "/v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("two versions", "GET /v1/models HTTP/1.1 HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("two targets", "GET /v1/models /pause HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("HTTP/1.10", "GET /v1/models HTTP/1.10\r\n" + HOST + "\r\n");
        rows.add("HTTP/1.01", "GET /v1/models HTTP/1.01\r\n" + HOST + "\r\n");
        rows.add("HTTP/01.1", "GET /v1/models HTTP/01.1\r\n" + HOST + "\r\n");
        rows.add("HTTP/1.", "GET /v1/models HTTP/1.\r\n" + HOST + "\r\n");
        rows.add("HTTP/1,1", "GET /v1/models HTTP/1,1\r\n" + HOST + "\r\n");
        rows.add("HTTP/2.0 on a line", "GET /v1/models HTTP/2.0\r\n" + HOST + "\r\n");
        rows.add("a method in quotes", "\"GET\" /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a method beyond ASCII", "G\u00c9T /v1/models HTTP/1.1\r\n" + HOST + "\r\n");
    }

    private static void headers(Rows rows) {
        rows.header("a name before a space", "X-A : b\r\n\r\n");
        rows.header("a name with a space", "X A: b\r\n\r\n");
        rows.header("a name that is empty", ": b\r\n\r\n");
        rows.header("a name with a NUL", "X\u0000A: b\r\n\r\n");
        rows.header("a name with a return", "X\rA: b\r\n\r\n");
        rows.header("a name beyond ASCII", "X-\u00e9: b\r\n\r\n");
        rows.header("a name in brackets", "(X): b\r\n\r\n");
        rows.header("a header without a colon", "nothing\r\n\r\n");
        rows.header("a value with a NUL", "X-A: b\u0000c\r\n\r\n");
        rows.header("a value with a bare return", "X-A: b\rc: d\r\n\r\n");
        rows.header("a value that is folded", "X-A: b\r\n c\r\n\r\n");
        rows.header("a value folded by a tab", "X-A: b\r\n\tc\r\n\r\n");
        rows.header("a value folded onto an empty line", "X-A: b\r\n \r\n\r\n");
        rows.add("a first header that is folded", LINE + " Host: g\r\nHost: g\r\n\r\n");
        rows.header("a session of more bytes than all headers may have", "x-session-id: " + "s".repeat(70_000));
        rows.header("more headers than may be", manyHeaders(128) + "\r\n");
        rows.header("headers of one name", "X-A: b\r\n".repeat(128) + "\r\n");
        rows.header("more headers than may be, of which none ends", manyHeaders(200));
        rows.header("a value with a vertical tab", "X-A: b\u000bc\r\n\r\n");
        rows.header("a value with a form feed", "X-A: b\fc\r\n\r\n");
        rows.header("a value with an escape character", "X-A: b\u001bc\r\n\r\n");
        rows.header("a value with a deletion", "X-A: b\u007fc\r\n\r\n");
        rows.header("a value that starts with a vertical tab", "X-A:\u000bb\r\n\r\n");
        rows.header("a name before a vertical tab", "X-A\u000b: b\r\n\r\n");
        rows.header("a name with a slash", "X/A: b\r\n\r\n");
        rows.header("a name in quotes", "\"X-A\": b\r\n\r\n");
        rows.header("a name with a semicolon", "X;A: b\r\n\r\n");
        rows.header("a name with an equals sign", "X=A: b\r\n\r\n");
        rows.header("a name with an at sign", "X@A: b\r\n\r\n");
        rows.header("a name with a deletion", "X\u007fA: b\r\n\r\n");
        rows.header("a return before an empty line", "X-A: b\r\n\r\r\n");
        rows.header("a connection of names without end", "Connection: " + "a,".repeat(20_000) + "b\r\n\r\n");
        rows.header("headers without end", "X-A: b\r\n".repeat(20_000));
        rows.header("an expectation that nobody can meet", "Expect: 200-ok\r\nContent-Length: 10\r\n\r\n" + TEN);
        rows.header("an expectation among others", "Expect: 100-continue, more\r\nContent-Length: 10\r\n\r\n" + TEN);
        rows.add(
                "a body that only an old WebSocket draft announces",
                "GET /v1/models HTTP/1.1\r\n" + HOST
                        + "Upgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n\r\n");
    }

    private static String manyHeaders(int count) {
        StringBuilder headers = new StringBuilder();
        for (int i = 0; i < count; i++) {
            headers.append("X-").append(i).append(": b\r\n");
        }
        return headers.toString();
    }

    private static void hosts(Rows rows) {
        rows.add("no host", LINE + "\r\n");
        rows.add("two hosts", LINE + "Host: g\r\nHost: h\r\n\r\n");
        rows.add("two equal hosts", LINE + "Host: g\r\nHost: g\r\n\r\n");
        rows.add("two hosts in different spelling", LINE + "Host: g\r\nhOST: h\r\n\r\n");
        rows.add("two hosts in one line", LINE + "Host: g h\r\n\r\n");
        rows.add("a host with a user", LINE + "Host: user@g\r\n\r\n");
        rows.add("a host with a path", LINE + "Host: g/pause\r\n\r\n");
        rows.add("a host with a query", LINE + "Host: g?a\r\n\r\n");
        rows.add("a host with a tab", LINE + "Host: g\th\r\n\r\n");
        rows.add("a port alone", LINE + "Host: :80\r\n\r\n");
        rows.add("a host with two ports", LINE + "Host: g:80:81\r\n\r\n");
        rows.add("a host with a port that is a word", LINE + "Host: g:http\r\n\r\n");
        rows.add("a host with a port past 16 bits", LINE + "Host: g:1000000\r\n\r\n");
        rows.add("a host with an open bracket", LINE + "Host: [::1\r\n\r\n");
        rows.add("a host with a closed bracket", LINE + "Host: ::1]\r\n\r\n");
        rows.add("an address without brackets", LINE + "Host: ::1\r\n\r\n");
        rows.add("a host with a fragment", LINE + "Host: g#h\r\n\r\n");
        rows.add("a host with a backslash", LINE + "Host: g\\h\r\n\r\n");
        rows.add("a host in quotes", LINE + "Host: \"g\"\r\n\r\n");
        rows.add("a host with a control character", LINE + "Host: g\u0001\r\n\r\n");
        rows.add("a host beyond ASCII", LINE + "Host: g\u00e9\r\n\r\n");
        rows.add("a folded host", LINE + "Host: g\r\n h\r\n\r\n");
        rows.add("a host of another target", "POST http://h/v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a port of another target", "POST http://g:81/v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a target with a user", "POST http://u@g/v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a target without host", "POST http:///v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a target of a file", "GET file:///etc/passwd HTTP/1.1\r\n" + HOST + "\r\n");
    }

    private static void targets(Rows rows) {
        rows.target("a target with a NUL", "/v1/models\u0000");
        rows.target("a target with a control character", "/v1/models\u0001");
        rows.target("a target with an escape character", "/v1/models\u001b");
        rows.target("a target with a deletion", "/v1/models\u007f");
        rows.target("a target beyond ASCII", "/v1/mod\u00e9ls");
        rows.target("a target in UTF-8", "/v1/mod\u00c3\u00a9ls");
        rows.target("a query with a NUL", "/v1/models?a=\u0000");
        rows.target("a query with a control character", "/v1/models?a=\u0001");
        rows.target("a query with a deletion", "/v1/models?\u007f");
        rows.target("a query beyond ASCII", "/v1/models?a=\u00e9");
        rows.target("a query in UTF-8", "/v1/models?a=\u00c3\u00a9");
        rows.target("a fragment", "/v1/models#a");
        rows.target("an empty fragment", "/v1/models#");
        rows.target("a fragment behind a query", "/v1/models?a=b#c");
        rows.target("a fragment before a query", "/v1/models#?a=b");
        rows.target("a fragment of a URL", "http://g/v1/models#a");
        rows.target("a target without slash", "v1/models");
        rows.target("a target of a query", "?a=b");
        rows.target("a target with a backslash first", "\\v1\\models");
        rows.target("a target with a dot first", "./v1/models");
        rows.target("a host for a target", "g");
        rows.target("a port for a target", "g:80");
        rows.target("an address for a target", "[::1]:80");
        rows.target("all targets for GET", "*");
        rows.target("all targets with a query", "*?a=b");
        rows.target("all targets below a path", "*/v1/models");
        rows.target("a scheme without slashes", "http:/v1/models");
        rows.target("a scheme alone", "http://");
        rows.target("a scheme that is empty", "://g/v1/models");
        rows.target("a scheme of another protocol", "ftp://g/v1/models");
        rows.target("a scheme of WebSockets", "ws://g/v1/models");
        rows.target("a scheme with a space encoded", "%20http://g/v1/models");
        rows.target("a URL with a space for a host", "http://%20/v1/models");
        rows.target("a URL with two ports", "http://g:80:80/v1/models");
        rows.target("a URL with a backslash behind its host", "http://g\\h/v1/models");
        rows.target("a URL with a query for a path", "http://h?http://g/v1/models");
        rows.add("a URL without host in HTTP/1.0", "GET http:///v1/models HTTP/1.0\r\n\r\n");
        rows.add("a URL with a user in HTTP/1.0", "GET http://u@g/v1/models HTTP/1.0\r\n\r\n");
        rows.target("a target with a broken escape", "/%zz", "Connection: close\r\n");
        rows.target("a query with a broken escape", "/pause?a=%zz", "Connection: close\r\n");
        rows.target("a path of two slashes", "//v1/models", "Connection: close\r\n");
        rows.target("a host behind two slashes", "//g/v1/models", "Connection: close\r\n");
        rows.target("a target with a space encoded", "/v1/models%20HTTP/1.1", "Connection: close\r\n");
        rows.target("a target with a line end encoded", "/v1/models%0d%0aX:%20y", "Connection: close\r\n");
        rows.target("a path over the limit", "/" + "a".repeat(20_000));
        rows.add("all targets in plain letters", "OPTIONS /* HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
        rows.add("a body for all targets", "POST * HTTP/1.1\r\n" + HOST + "\r\n");
    }

    private static void otherProtocols(Rows rows) {
        rows.add("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000");
        rows.add(
                "the start of TLS",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003" + "\u0001".repeat(500));
        rows.add("the greeting of SSH", "SSH-2.0-OpenSSH_9.6\r\n");
        rows.add("the greeting of SMTP", "EHLO elsewhere\r\nMAIL FROM:<a@b>\r\n");
        rows.add("the PROXY protocol", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + LINE + HOST + "\r\n");
        rows.add("the binary PROXY protocol", "\r\n\r\n\u0000\r\nQUIT\n\u0021\u0011\u0000\u000c" + "\u0001".repeat(12));
        rows.add("a command of Redis", "*1\r\n$4\r\nPING\r\n");
        rows.add("zeros", "\u0000".repeat(10_000));
        rows.add("line ends without end", "\r\n".repeat(50_000));
        rows.add("a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }

    static final class Rows {
        private final List<MalformedInput> all = new ArrayList<>();

        void add(String what, String bytes) {
            all.add(new MalformedInput(what, bytes));
        }

        /** A chunked body of one chunk: its size line and its data. */
        void chunk(String what, String sizeLine, String data) {
            add(what, MalformedBodies.CHUNKED + sizeLine + "\r\n" + data + "\r\n0\r\n\r\n");
        }

        void trailer(String what, String lines) {
            add(what, MalformedBodies.CHUNKED + "0\r\n" + lines + "\r\n\r\n");
        }

        /** A GET of this target, whose headers are well-formed. */
        void target(String what, String target) {
            target(what, target, "");
        }

        void target(String what, String target, String headers) {
            add(what, "GET " + target + " HTTP/1.1\r\n" + HOST + headers + "\r\n");
        }

        /** A request that is well-formed up to here. */
        void header(String what, String rest) {
            add(what, LINE + HOST + rest);
        }
    }
}
