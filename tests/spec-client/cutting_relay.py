"""A TCP relay on this machine that cuts its connections in the middle of a message, or holds all bytes back."""

import socket
import struct
import threading


class CuttingRelay:
    """`cuts` are pairs of direction ("up", "down") and bytes: a reset after that many bytes since the previous cut."""

    def __init__(self, port, cuts=()):
        self.target_port = port
        self.cuts = list(cuts)
        self.cut_count = 0
        self.carried = {"up": 0, "down": 0}
        self.flows = threading.Event()
        self.flows.set()
        self.lock = threading.Lock()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def hold(self):
        self.flows.clear()

    def release(self):
        self.flows.set()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target_port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.sockets += [client, server]
            threading.Thread(target=self.carry, args=(client, server, "up"), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, "down"), daemon=True).start()

    def carry(self, source, sink, direction):
        try:
            while part := source.recv(10_000):
                self.flows.wait()
                if self.is_time_to_cut(direction, len(part)):
                    self.cut()
                    return
                sink.sendall(part)
        except OSError:
            pass  # cut, or ended by the other side
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # over already

    def is_time_to_cut(self, direction, size):
        with self.lock:
            self.carried[direction] += size
            if not self.cuts or self.cuts[0][0] != direction or self.carried[direction] < self.cuts[0][1]:
                return False
            self.cuts.pop(0)
            self.carried = {"up": 0, "down": 0}
            return True

    def cut(self):
        """Cuts the connections; bytes in transit are lost."""
        with self.lock:
            self.cut_count += 1
            cut, self.sockets = self.sockets, []
        for end in cut:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                end.shutdown(socket.SHUT_RD)
            except OSError:
                pass  # over already
            end.close()
