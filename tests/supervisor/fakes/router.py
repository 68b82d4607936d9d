"""Stands in for Envoy: answers every request with 200 on PORTICO_LISTEN."""

import os
import socket

host, _, port = os.environ["PORTICO_LISTEN"].rpartition(":")
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, int(port)))
server.listen()
while True:
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
