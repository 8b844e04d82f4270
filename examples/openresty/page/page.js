// The page: sends the form, follows this session's clips, shows what became of them.
"use strict";

const STEPS = ["queued", "submitting", "submitted", "processing", "saving", "ready"];
const NAMES = { mp3: "MP3", wav: "WAV", video: "MP4 with sound" };

const form = document.getElementById("form");
const problem = document.getElementById("problem");
const cards = new Map(); // id -> { element, clip }

// A session is this tab: it lasts as long, and nobody else sees its clips.
function load() {
  return JSON.parse(sessionStorage.getItem("clips") || "[]");
}

function keep(id) {
  sessionStorage.setItem("clips", JSON.stringify([...load(), id]));
}

function isOver(clip) {
  return clip.state === "ready" || clip.state === "failed";
}

function titleOf(video) {
  const path = video.replace(/[?#].*$/, "");
  return path.split("/").pop() || path;
}

function show(element, text) {
  if (element.textContent !== text) { // a reader that is listened to must not start again
    element.textContent = text;
  }
  element.hidden = text === "";
}

function addCard(id) {
  const element = document.getElementById("clip").content.firstElementChild.cloneNode(true);
  const steps = element.querySelector(".steps");
  for (const name of STEPS) {
    steps.append(Object.assign(document.createElement("li"), { textContent: name }));
  }
  element.id = id;
  document.getElementById("clips").prepend(element);
  document.getElementById("none").hidden = true;
  cards.set(id, { element, clip: null });
}

function showSteps(element, clip) {
  const reached = clip.changes.map((change) => STEPS.indexOf(change.state));
  const current = Math.max(...reached);
  for (const [i, step] of [...element.querySelectorAll(".steps li")].entries()) {
    step.classList.toggle("reached", i <= current);
    step.classList.toggle("current", i === current);
  }
}

function sizeOf(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function linkTo(file) {
  const link = document.createElement("a");
  link.href = file.url;
  link.download = "";
  link.textContent = `${NAMES[file.format]}, ${sizeOf(file.bytes)}`;
  return link;
}

function showResult(element, files) {
  const video = files.find((file) => file.format === "video");
  const sound = files.find((file) => file.format === "mp3") || files.find((file) => file.format === "wav");
  const players = { video, audio: sound };
  for (const [name, file] of Object.entries(players)) {
    const player = element.querySelector(name);
    player.hidden = !file;
    if (file) {
      player.src = file.url;
    }
  }
  element.querySelector(".files").replaceChildren(...files.map(linkTo));
  element.querySelector(".result").hidden = false;
}

function noteOf(clip) {
  const billed = { yes: "billed", maybe: "maybe billed", no: "not billed" };
  const parts = [clip.sound, clip.music].filter(Boolean);
  if (clip.task_id) {
    parts.push(`task ${clip.task_id}`);
  }
  if (clip.failure) {
    parts.push(clip.failure.code, billed[clip.failure.billed]);
  }
  return parts.join(" \u00b7 ");
}

function showClip(element, clip) {
  element.classList.toggle("running", !isOver(clip));
  element.classList.toggle("failed", clip.state === "failed");
  show(element.querySelector("h3"), titleOf(clip.video));
  show(element.querySelector(".state"), clip.state);
  show(element.querySelector(".about"), noteOf(clip));
  showSteps(element, clip);
  if (clip.failure) {
    show(element.querySelector(".problem"), `${clip.failure.message}. ${clip.failure.hint}`);
  }
  if (clip.files) {
    showResult(element, clip.files);
  }
}

function showForgotten(element) {
  element.classList.add("failed");
  show(element.querySelector("h3"), "A clip of an earlier day");
  show(element.querySelector(".state"), "forgotten");
  show(element.querySelector(".problem"), "The server does not know this clip any more.");
}

// Browsers open few connections to a server, so one stream tells of all clips.
let stream = null;
let clockDifference = 0; // seconds the server's clock is ahead of ours

function receive(message) {
  const event = JSON.parse(message.data);
  const card = cards.get(event.id);
  clockDifference = event.now - Date.now() / 1000;
  card.clip = event.clip || { state: "failed", changes: [] };
  if (event.clip) {
    showClip(card.element, event.clip);
    showSeconds(card);
  } else {
    showForgotten(card.element);
  }
  if ([...cards.values()].every(({ clip }) => clip && isOver(clip))) {
    stream.close(); // else the browser would come back for ever
  }
}

function follow() {
  if (stream) {
    stream.close();
  }
  const running = [...cards].filter(([, { clip }]) => !clip || !isOver(clip));
  if (running.length > 0) {
    stream = new EventSource("/events?" + running.map(([id]) => "clip=" + id).join("&"));
    stream.onmessage = receive;
  }
}

function showSeconds({ element, clip }) {
  if (clip && clip.created) {
    const last = clip.changes[clip.changes.length - 1];
    const end = isOver(clip) ? last.at : Date.now() / 1000 + clockDifference;
    const seconds = Math.max(0, end - clip.created);
    element.querySelector(".seconds").textContent = `${seconds.toFixed(1)} s`;
  }
}

setInterval(() => cards.forEach(showSeconds), 100);

// The form's fields, without what was left empty.
function request() {
  const given = [...new FormData(form)].map(([name, value]) => [name, value.trim()]);
  const fields = Object.fromEntries(given.filter(([, value]) => value !== ""));
  if (fields.asmr_mode) {
    fields.asmr_mode = true;
  }
  return fields;
}

async function submit() {
  const reply = await fetch("/clips", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request()),
  });
  const answer = await reply.json();
  if (!reply.ok) {
    throw new Error(answer.error.message);
  }
  return answer.id;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true; // one press, one bill
  try {
    const id = await submit();
    show(problem, "");
    keep(id);
    addCard(id);
    follow();
    form.elements.video_url.value = ""; // else Enter, pressed again, is another bill
  } catch (error) {
    show(problem, error.message);
  }
  button.disabled = false;
});

load().forEach(addCard);
follow();
