import time

print("Thinking ...", flush=True)
while True:
    time.sleep(3600)
