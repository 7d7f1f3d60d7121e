"""A service manager's end of sd_notify(3): prints each datagram that comes to the socket named on the command line, one a line."""
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(listener.recv(4096).decode().strip().replace("\n", " "), flush=True)
