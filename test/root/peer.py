"""A small listener and dialler for network namespaces.

serve tcp:PORT... udp:PORT...  answers each connection with the original destination (SO_ORIGINAL_DST), each datagram with
                               the port; ends with its stdin
dial HOST PORT UID             prints what that user is answered, or the name of the error
udp HOST PORT UID              the same with a datagram
"""
import errno, os, socket, struct, sys, threading

SO_ORIGINAL_DST = 80


def original(connection):
    if connection.family == socket.AF_INET6:
        address = connection.getpeername()[0]
        if not address.startswith("::ffff:"):
            raw = connection.getsockopt(41, SO_ORIGINAL_DST, 28)
            return "%s %d" % (socket.inet_ntop(socket.AF_INET6, raw[8:24]), struct.unpack("!H", raw[2:4])[0])
    raw = connection.getsockopt(0, SO_ORIGINAL_DST, 16)
    return "%s %d" % (socket.inet_ntoa(raw[4:8]), struct.unpack("!H", raw[2:4])[0])


def serve(listener, port):
    while True:
        connection, _ = listener.accept()
        try:
            try:
                destination = original(connection)
            except OSError as error:
                destination = errno.errorcode.get(error.errno, str(error))
            connection.sendall(("at %d for %s\n" % (port, destination)).encode())
        except OSError:
            pass
        connection.close()


def listen(ports):
    for port in map(int, ports):
        listener = socket.socket(socket.AF_INET6)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("::", port))
        listener.listen(16)
        threading.Thread(target=serve, args=(listener, port), daemon=True).start()


def echo(port):
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    datagrams.bind(("::", port))
    while True:
        _, sender = datagrams.recvfrom(512)
        datagrams.sendto(("udp at %d\n" % port).encode(), sender)


def dial(host, port, kind):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    connection = socket.socket(family, kind)
    connection.settimeout(10)
    try:
        connection.connect((host, port))
        if kind == socket.SOCK_DGRAM:
            connection.send(b"?")
        print(connection.recv(512).decode().strip())
    except socket.timeout:
        print("ETIMEDOUT")
    except OSError as error:
        print(errno.errorcode.get(error.errno, str(error)))


command, *words = sys.argv[1:]
if command == "serve":
    listen([word[4:] for word in words if word.startswith("tcp:")])
    for word in words:
        if word.startswith("udp:"):
            threading.Thread(target=echo, args=(int(word[4:]),), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
else:
    # Here and not by a wrapper: the user may have no way to this file or to the interpreter.
    os.setgroups([])
    os.setgid(int(words[2]))
    os.setuid(int(words[2]))
    dial(words[0], int(words[1]), socket.SOCK_STREAM if command == "dial" else socket.SOCK_DGRAM)
