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
    private static final String LINE = "POST /v1/chat/completions HTTP/1.1\r\n";
    private static final String HOST = "Host: g\r\n";
    private static final String CHUNKED = LINE + HOST + "Transfer-Encoding: chunked\r\n\r\n";
    private static final String TEN = "0123456789";

    public static List<MalformedInput> rows() {
        Rows rows = new Rows();
        lengths(rows);
        transferCodings(rows);
        chunks(rows);
        lines(rows);
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

    /** Two ways of saying how long a body is, and one that is none. */
    private static void lengths(Rows rows) {
        rows.header("two lengths", "Content-Length: 10\r\nContent-Length: 11\r\n\r\n" + TEN);
        rows.header("two equal lengths", "Content-Length: 10\r\nContent-Length: 10\r\n\r\n" + TEN);
        rows.header("two lengths in one line", "Content-Length: 10, 11\r\n\r\n" + TEN);
        rows.header("two equal lengths in one line", "Content-Length: 10, 10\r\n\r\n" + TEN);
        rows.header("a length and a later length of zero", "Content-Length: 10\r\nContent-Length: 0\r\n\r\n" + TEN);
        rows.header("lengths in different spelling", "Content-Length: 10\r\ncontent-length: 5\r\n\r\n" + TEN);
        rows.header("a negative length", "Content-Length: -1\r\n\r\n");
        rows.header("a signed length", "Content-Length: +10\r\n\r\n" + TEN);
        rows.header("a hexadecimal length", "Content-Length: 0xa\r\n\r\n" + TEN);
        rows.header("a length with a fraction", "Content-Length: 10.0\r\n\r\n" + TEN);
        rows.header("a length with an exponent", "Content-Length: 1e1\r\n\r\n" + TEN);
        rows.header("a length with a space inside", "Content-Length: 1 0\r\n\r\n" + TEN);
        rows.header("a length with an underscore", "Content-Length: 1_0\r\n\r\n" + TEN);
        rows.header("a length that is empty", "Content-Length:\r\n\r\n");
        rows.header("a length that is a word", "Content-Length: ten\r\n\r\n" + TEN);
        rows.header("a length past 64 bits", "Content-Length: 18446744073709551626\r\n\r\n" + TEN);
        rows.header("a length of a hundred digits", "Content-Length: " + TEN.repeat(10) + "\r\n\r\n");
        rows.header("a length in quotes", "Content-Length: \"10\"\r\n\r\n" + TEN);
        rows.header("a folded length", "Content-Length: 1\r\n 0\r\n\r\n" + TEN);
        rows.header("a length folded at its start", "Content-Length:\r\n 10\r\n\r\n" + TEN);
        rows.header("a length with a vertical tab", "Content-Length:\u000b10\r\n\r\n" + TEN);
        rows.header("a length with a trailing NUL", "Content-Length: 10\u0000\r\n\r\n" + TEN);
        rows.header("a body shorter than announced", "Content-Length: 1000\r\n\r\n" + TEN);
    }

    private static void transferCodings(Rows rows) {
        String chunks = "a\r\n" + TEN + "\r\n0\r\n\r\n";
        rows.header("length and chunks", "Content-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        rows.header("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 10\r\n\r\n" + chunks);
        rows.header("a length of zero and chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        rows.header("chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n" + chunks);
        rows.header(
                "chunked in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        rows.header(
                "chunked and identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunks);
        rows.header("chunked, then gzip", "Transfer-Encoding: chunked, gzip\r\n\r\n" + chunks);
        rows.header("gzip, then chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunks);
        rows.header("identity", "Transfer-Encoding: identity\r\n\r\n" + chunks);
        rows.header("gzip alone", "Transfer-Encoding: gzip\r\n\r\n" + TEN);
        rows.header("an unknown coding", "Transfer-Encoding: xchunked\r\n\r\n" + chunks);
        rows.header("chunked with a parameter", "Transfer-Encoding: chunked;q=1\r\n\r\n" + chunks);
        rows.header("chunked in quotes", "Transfer-Encoding: \"chunked\"\r\n\r\n" + chunks);
        rows.header("chunked after a comma", "Transfer-Encoding: ,chunked\r\n\r\n" + chunks);
        rows.header("chunked before a comma", "Transfer-Encoding: chunked,\r\n\r\n" + chunks);
        rows.header("an empty coding", "Transfer-Encoding:\r\n\r\n" + chunks);
        rows.header("chunked folded at its start", "Transfer-Encoding:\r\n chunked\r\n\r\n" + chunks);
        rows.header("chunked after a vertical tab", "Transfer-Encoding: \u000bchunked\r\n\r\n" + chunks);
        rows.header("chunked before a form feed", "Transfer-Encoding: chunked\f\r\n\r\n" + chunks);
        rows.header("chunked before a NUL", "Transfer-Encoding: chunked\u0000\r\n\r\n" + chunks);
        rows.header("the coding's name before a space", "Transfer-Encoding : chunked\r\n\r\n" + chunks);
        rows.header("the coding's name before a tab", "Transfer-Encoding\t: chunked\r\n\r\n" + chunks);
        rows.header("the coding on a folded line", "X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n");
        rows.add(
                "chunks in HTTP/1.0",
                "POST /v1/chat/completions HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
    }

    private static void chunks(Rows rows) {
        rows.add("a chunk's size that is no number", CHUNKED + "x\r\n" + TEN);
        rows.add("a chunk's size that is empty", CHUNKED + "\r\n" + TEN);
        rows.add("a chunk's size that is negative", CHUNKED + "-1\r\n" + TEN);
        rows.add("a chunk's size with a sign", CHUNKED + "+a\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size with a prefix", CHUNKED + "0xa\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size with a space before", CHUNKED + " a\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size with a space after", CHUNKED + "a \r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size past 31 bits", CHUNKED + "80000000\r\n" + TEN);
        rows.add("a chunk's size past 32 bits", CHUNKED + "10000000a\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size past 64 bits", CHUNKED + "1000000000000000a\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size that never ends", CHUNKED + "0".repeat(100_000));
        rows.add("a chunk's extension that never ends", CHUNKED + "a;" + "x".repeat(100_000));
        rows.add("a chunk's extension with a bare line feed", CHUNKED + "a;x\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's extension with a bare return", CHUNKED + "a;x\rb\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk's size before a bare line feed", CHUNKED + "a\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk longer than its size", CHUNKED + "5\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk shorter than its size", CHUNKED + "b\r\n" + TEN + "\r\n0\r\n\r\n");
        rows.add("a chunk without its line end", CHUNKED + "a\r\n" + TEN + "0\r\n\r\n");
        rows.add("a chunk before a bare line feed", CHUNKED + "a\r\n" + TEN + "\n0\r\n\r\n");
        rows.add("a last chunk before a bare line feed", CHUNKED + "a\r\n" + TEN + "\r\n0\n\n");
        rows.add("a trailer without a colon", CHUNKED + "0\r\nnothing\r\n\r\n");
        rows.add("a trailer with a bare line feed", CHUNKED + "0\r\nX-A: b\n\r\n");
        rows.add("a trailer with a space in its name", CHUNKED + "0\r\nX A: b\r\n\r\n");
        rows.add("a trailer with a NUL", CHUNKED + "0\r\nX-A: \u0000\r\n\r\n");
        rows.add("trailers that never end", CHUNKED + "0\r\n" + "X-A: b\r\n".repeat(20_000));
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
        rows.header("headers without end", "X-A: b\r\n".repeat(20_000));
        rows.header("an expectation that nobody can meet", "Expect: 200-ok\r\nContent-Length: 10\r\n\r\n" + TEN);
        rows.header("an expectation among others", "Expect: 100-continue, more\r\nContent-Length: 10\r\n\r\n" + TEN);
        rows.add(
                "a body that only an old WebSocket draft announces",
                "GET /v1/models HTTP/1.1\r\n" + HOST
                        + "Upgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n\r\n");
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
        rows.add("a host beyond ASCII", LINE + "Host: g\u00e9\r\n\r\n");
        rows.add("a folded host", LINE + "Host: g\r\n h\r\n\r\n");
        rows.add("a host of another target", "POST http://h/v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a port of another target", "POST http://g:81/v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a target with a user", "POST http://u@g/v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a target without host", "POST http:///v1/chat/completions HTTP/1.1\r\n" + HOST + "\r\n");
        rows.add("a target of a file", "GET file:///etc/passwd HTTP/1.1\r\n" + HOST + "\r\n");
    }

    private static void targets(Rows rows) {
        rows.add("a target with a NUL", "GET /v1/models\u0000 HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
        rows.add("a target beyond ASCII", "GET /v1/mod\u00e9ls HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
        rows.add("a target with a broken escape", "GET /%zz HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
        rows.add("a query with a broken escape", "GET /pause?a=%zz HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
        rows.add("all targets", "OPTIONS * HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
        rows.add("a target without slash", "GET v1/models HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
        rows.add("a port for a target", "GET g:80 HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
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

    private static final class Rows {
        private final List<MalformedInput> all = new ArrayList<>();

        void add(String what, String bytes) {
            all.add(new MalformedInput(what, bytes));
        }

        /** A request that is well-formed up to here. */
        void header(String what, String rest) {
            add(what, LINE + HOST + rest);
        }
    }
}
