"""Uses the broker with paho-mqtt and prints what it saw as one line of JSON. Argument: the port."""

import json
import socket
import sys
import threading

import paho.mqtt.client as mqtt

port = int(sys.argv[1])
deadline = 10
seen = {"connected": None, "session": None, "granted": [], "published": [], "messages": [], "version5": None}


def wait(event, what):
    if not event.wait(deadline):
        print(json.dumps({"late": what, **seen}))
        sys.exit(1)


def start(client):
    connected = threading.Event()
    codes = []

    def on_connect(_client, _data, flags, code, *_more):
        codes.append((code, flags))
        connected.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", port)
    client.loop_start()
    wait(connected, "connack")
    return codes[0]


# One that watches everything.
watcher = mqtt.Client("paho-watcher", clean_session=True)
subscribed = threading.Event()
complete = threading.Event()


def on_message(_client, _data, message):
    seen["messages"].append([message.topic, message.payload.decode(), message.qos, message.retain])
    if len(seen["messages"]) == 4:
        complete.set()


def on_subscribe(_client, _data, _mid, granted):
    seen["granted"] = list(granted)
    subscribed.set()


watcher.on_message = on_message
watcher.on_subscribe = on_subscribe
start(watcher)
watcher.subscribe("paho/#", qos=2)
wait(subscribed, "suback")

# One that publishes and then breaks off, so that its will is sent.
publisher = mqtt.Client("paho-publisher", clean_session=False)
publisher.will_set("paho/will", "gone", qos=1, retain=True)
code, flags = start(publisher)
seen["connected"] = code
seen["session"] = flags["session present"]
for qos in (0, 1, 2):
    sent = publisher.publish(f"paho/{qos}", f"at {qos}", qos=qos, retain=True)
    sent.wait_for_publish(deadline)
    seen["published"].append(sent.is_published())
publisher.on_disconnect = None
publisher.socket().shutdown(socket.SHUT_RDWR)
publisher.loop_stop()
wait(complete, "the messages")
watcher.disconnect()
watcher.loop_stop()

# One that speaks MQTT 5, which the broker does not.
refused = threading.Event()
newer = mqtt.Client("paho-5", protocol=mqtt.MQTTv5)


def on_refused(_client, _data, _flags, code, _properties=None):
    seen["version5"] = str(code)
    refused.set()


newer.on_connect = on_refused
newer.connect("127.0.0.1", port)
newer.loop_start()
refused.wait(2)
newer.loop_stop()

print(json.dumps(seen))
