// The only script of the console: it brings the new entries of a war room. The policy of the page allows these bytes alone.
(() => {
  const room = document.getElementById("entries"), list = room.firstElementChild, state = document.getElementById("state");
  const toEnd = () => { room.scrollTop = room.scrollHeight; };
  const say = text => { if (state.textContent !== text) state.textContent = text; };
  const take = markup => {
    const isAtEnd = room.scrollHeight - room.scrollTop - room.clientHeight < 40;
    list.insertAdjacentHTML("beforeend", markup);
    if (isAtEnd) toEnd();
  };
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(`${room.dataset.source}?after=${list.lastElementChild?.dataset.number ?? 0}`);
        if (answer.status === 200) take(await answer.text());
        say(answer.ok ? "New entries show by themselves." : "New entries do not show by themselves now: load the page.");
      } catch {
        say("The console does not answer: new entries do not show.");
      }
    }
    setTimeout(look, 1500);
  };
  room.classList.add("live");
  toEnd();
  look();
})();
