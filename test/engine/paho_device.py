"""A device and a watcher on paho-mqtt: prints what came back from a flow that echoes paho/X to echo/X. Argument: the port."""

import json
import socket
import sys
import time

import paho.mqtt.client as mqtt

port = int(sys.argv[1])
deadline = time.monotonic() + 10


def client(name):
    try:  # paho-mqtt 2 wants to know which callbacks it gets
        made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, name)
    except AttributeError:
        made = mqtt.Client(name)
    return made


def until(condition):
    while not condition():
        if time.monotonic() > deadline:
            print(json.dumps({"late": heard}))
            sys.exit(1)
        time.sleep(0.01)


heard = {}
subscribed = []
watcher = client("watcher")
watcher.on_message = lambda _c, _u, m: heard.__setitem__(m.topic, [m.payload.decode(), m.qos])
watcher.on_subscribe = lambda *_: subscribed.append(True)
watcher.connect("127.0.0.1", port)
watcher.loop_start()
watcher.subscribe("echo/#", 2)
until(lambda: subscribed)

device = client("device")
device.will_set("paho/will", "gone", qos=1)
device.connect("127.0.0.1", port)
device.loop_start()
for qos in (0, 1, 2):
    device.publish(f"paho/qos{qos}", str(qos), qos=qos).wait_for_publish()
device.publish("paho/kept", "kept", qos=1, retain=True).wait_for_publish()
device.socket().shutdown(socket.SHUT_RDWR)  # the device loses power: the broker publishes its will
device.loop_stop()

until(lambda: len(heard) == 5)
watcher.subscribe("paho/kept", 1)
until(lambda: "paho/kept" in heard)
watcher.disconnect()
print(json.dumps(heard))
